/** What the bot says: one stream, opened again whenever it breaks, from where it broke. */
import { SessionEnded, Slow, stream } from "./api.js";

const LONGEST = 15000; // ms between tries

export class Incoming {
  /** `hooks`: token(), after(), event(name, data), connected(yes), ended(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.stop = null;
    this.wake = () => {};
    this.tries = 0;
  }

  start() {
    this.end();
    this.stop = new AbortController();
    this._run(this.stop.signal);
  }

  end() {
    if (this.stop) this.stop.abort();
    this.stop = null;
  }

  /** Tries at once: the network is back, or the resident looks at the page again. */
  nudge() {
    this.tries = 0;
    this.wake();
  }

  async _run(signal) {
    while (!signal.aborted) {
      let pause = Math.min(LONGEST, 500 * 2 ** this.tries);
      try {
        await stream(this.hooks.token(), this.hooks.after(), (name, data) => this._event(name, data, signal), signal);
        pause = 250; // the server ended it in good order
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof SessionEnded) {
          this.hooks.ended();
          return;
        }
        if (error instanceof Slow) pause = error.seconds * 1000;
        else this.hooks.connected(false);
      }
      this.tries += 1;
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, pause);
        signal.addEventListener("abort", resolve);
      });
    }
  }

  _event(name, data, signal) {
    if (signal.aborted) return;
    if (name === "open") {
      this.tries = 0;
      this.hooks.connected(true);
    } else {
      this.hooks.event(name, data);
    }
  }
}
