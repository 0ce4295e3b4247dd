/** Photos on their way: chosen, shown small, made lighter, uploaded with progress, removed again. */
import { Refused, Slow, SessionEnded, upload } from "./api.js";
import { el, icon } from "./nodes.js";
import { say } from "./words.js";

const MOST = 10; // in one message, as the server takes them
const SIDE = 2560; // pixels; the server keeps no more
const LIGHT = 1.5 * 1024 * 1024; // bytes; smaller pictures go as they are

export class Tray {
  /** `token()` gives the session; `tell(words)` shows a notice; `changed()` follows every change. */
  constructor(list, token, tell, changed) {
    this.list = list;
    this.token = token;
    this.tell = tell;
    this.changed = changed;
    this.photos = [];
    this.addresses = new Map(); // upload id -> address of the picture in this page
  }

  get empty() {
    return this.photos.length === 0;
  }

  add(files) {
    this.tell("");
    for (const file of files) {
      if (this.photos.length === MOST) {
        this.tell(say("web_photo_many", { n: MOST }));
        break;
      }
      const photo = { file, address: URL.createObjectURL(file), stop: new AbortController(), id: null, bad: false };
      this.photos.push(photo);
      this._draw(photo);
      photo.done = this._upload(photo);
    }
    this._number();
  }

  /** Ids of what could be uploaded, once all is; the tray is empty then. Failed ones stay and are told. */
  async take() {
    await Promise.all(this.photos.map((photo) => photo.done));
    if (this.photos.some((photo) => photo.bad)) return null;
    const ids = this.photos.map((photo) => photo.id);
    for (const photo of this.photos) photo.node.remove();
    this.photos = [];
    this._number();
    return ids;
  }

  async _upload(photo) {
    try {
      const file = await lighter(photo.file);
      photo.id = await upload(this.token(), file, (share) => (photo.bar.value = share), photo.stop.signal);
      this.addresses.set(photo.id, photo.address);
      photo.bar.replaceWith(el("span", { class: "done" }, icon("check")));
    } catch (error) {
      if (photo.stop.signal.aborted) return;
      photo.bad = true;
      photo.bar.remove();
      photo.node.classList.add("bad");
      const wrong = error instanceof Refused ? say("bad_picture") : error instanceof Slow ? say("too_fast") : say("web_photo_failed", { n: this.photos.indexOf(photo) + 1 });
      this.tell(wrong, error instanceof SessionEnded);
    }
    this._number();
  }

  _draw(photo) {
    photo.bar = el("progress", { max: 1, value: 0 });
    photo.button = el("button", { type: "button" }, el("span", {}, icon("close")));
    photo.button.addEventListener("click", () => this._remove(photo));
    photo.image = el("img", { src: photo.address, alt: "" });
    photo.node = el("li", {}, photo.image, photo.bar, photo.button);
    this.list.append(photo.node);
  }

  _remove(photo) {
    const index = this.photos.indexOf(photo);
    photo.stop.abort();
    photo.node.remove();
    URL.revokeObjectURL(photo.address);
    this.photos.splice(index, 1);
    this.tell("");
    this._number();
    const next = this.photos[index] || this.photos[index - 1];
    (next ? next.button : document.getElementById("photo")).focus();
  }

  _number() {
    this.photos.forEach((photo, index) => {
      const n = index + 1;
      photo.image.alt = photo.bad ? say("web_photo_failed", { n }) : photo.id ? say("web_photo_ready", { n }) : say("web_photo_uploading", { n });
      photo.bar.setAttribute("aria-label", photo.image.alt);
      photo.button.setAttribute("aria-label", say("web_photo_remove", { n }));
    });
    this.list.hidden = this.empty;
    this.changed();
  }
}

/** A large photo made smaller before it costs the resident's data; as it is where the browser cannot read it. */
async function lighter(file) {
  if (file.size <= LIGHT || !window.createImageBitmap) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = el("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    return small && small.size < file.size ? small : file;
  } catch {
    return file;
  }
}
