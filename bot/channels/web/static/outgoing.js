/** What the resident sends: one after the other, each until the server has it. The id makes a second try harmless. */
import { Offline, Refused, SessionEnded, Slow, send } from "./api.js";
import { keepOwn } from "./store.js";
import { say } from "./words.js";

const AGAIN = 3000; // ms between tries while the connection is away

export class Outgoing {
  /** `hooks`: token(), changed(message), renew(), tell(words), busy(yes). */
  constructor(hooks) {
    this.hooks = hooks;
    this.queue = [];
    this.running = false;
    this.timer = 0;
  }

  add(message) {
    this.queue.push(message);
    this.pump();
  }

  async pump() {
    clearTimeout(this.timer);
    if (this.running) return;
    this.running = true;
    try {
      while (this.queue.length && this.hooks.token()) {
        const wait = await this._try(this.queue[0]);
        if (wait > 0) {
          this.timer = setTimeout(() => this.pump(), wait);
          return;
        }
        if (wait === 0) this.queue.shift();
      }
    } finally {
      this.running = false;
    }
  }

  /** 0: done with it; more: ms until the next try; less: at once, the session is a new one. */
  async _try(message) {
    const { id, text, button, location, uploads } = message;
    this.hooks.busy(true);
    try {
      await send(this.hooks.token(), { id, text, button, location, uploads: uploads?.length ? uploads : undefined });
      this._state(message, "sent");
      return 0;
    } catch (error) {
      this.hooks.busy(false);
      return this._after(error, message);
    }
  }

  async _after(error, message) {
    if (error instanceof SessionEnded) {
      await this.hooks.renew();
      return -1;
    }
    if (error instanceof Refused) {
      this._state(message, "failed");
      this.hooks.tell(error.status === 413 ? say("too_long") : say("web_refused"));
      return 0;
    }
    if (!(error instanceof Offline || error instanceof Slow)) throw error;
    this._state(message, "waiting");
    if (error instanceof Slow) this.hooks.tell(say("too_fast"));
    return error instanceof Slow ? error.seconds * 1000 : AGAIN;
  }

  _state(message, state) {
    message.state = state;
    if (message.silent) return;
    keepOwn(message);
    this.hooks.changed(message);
  }
}
