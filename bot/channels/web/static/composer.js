/** Writing: the field, the photos, the position. Hands over what is to be sent. */
import { Tray } from "./photos.js";
import { position } from "./place.js";
import { say } from "./words.js";

const MOST = 20000; // characters in one message, as the server takes them
const $ = (id) => document.getElementById(id);
const keyboard = matchMedia("(hover: hover) and (pointer: fine)"); // Enter sends; on a phone it makes a new line

export class Composer {
  /** `hooks`: send({text, uploads, location}), token(), tell(words), ended(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.field = $("text");
    this.sending = false;
    const tell = (words, ended) => (ended ? hooks.ended() : hooks.tell(words));
    this.tray = new Tray($("tray"), hooks.token, tell, () => {});
    $("composer").addEventListener("submit", (event) => this._submit(event));
    this.field.addEventListener("input", () => this._grow());
    this.field.addEventListener("keydown", (event) => this._key(event));
    $("photo").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => this._chosen());
    $("place").addEventListener("click", () => this.sharePlace());
    this.field.addEventListener("paste", (event) => this._pasted(event));
  }

  async sharePlace() {
    this.hooks.tell("");
    this.hooks.tell(say("web_place_looking"));
    const found = await position();
    this.hooks.tell(found ? "" : say("web_place_denied"));
    if (found) this.hooks.send({ location: found });
  }

  async _submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (this.sending) return;
    if (!text && this.tray.empty) {
      this.field.focus();
      return;
    }
    if (Array.from(text).length > MOST) {
      this.hooks.tell(say("too_long"));
      return;
    }
    this.hooks.tell("");
    this.sending = true;
    $("send").setAttribute("aria-disabled", "true");
    const uploads = this.tray.empty ? [] : await this.tray.take();
    this.sending = false;
    $("send").removeAttribute("aria-disabled");
    if (uploads === null) return;
    this.field.value = "";
    this._grow();
    this.hooks.send({ text: text || undefined, uploads });
  }

  /** Enter while an input method is open chooses characters; it must not send. */
  _key(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !composing && keyboard.matches) this._submit(event);
  }

  _grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 3}px`;
  }

  _chosen() {
    this.tray.add(Array.from($("file").files));
    $("file").value = "";
    this.field.focus({ preventScroll: true });
  }

  _pasted(event) {
    const pictures = Array.from(event.clipboardData.files).filter((file) => file.type.startsWith("image/"));
    if (!pictures.length) return;
    event.preventDefault();
    this.tray.add(pictures);
  }
}
