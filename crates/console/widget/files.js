// Files of the visitor: they are sent while the message is written. Loaded with the first file.
import { newKey } from './calls.js';
import { el, icon } from './log.js';

export class Files {
  constructor(composer) {
    Object.assign(this, { composer, text: composer.text, chat: composer.chat, wanted: composer.features.files });
  }

  get list() { return this.composer.files; }
  set list(files) { this.composer.files = files; }

  /** Sends a file, if it is one that the agent takes. */
  async add(file) {
    const { types, maxBytes, maxCount } = this.wanted;
    const matches = (type) => type === file.type || (type.endsWith('/*') && file.type.startsWith(type.slice(0, -1)));
    if (this.list.length >= maxCount) { this.composer.say(this.text('tooMany', { count: maxCount })); return; }
    if (!types.some(matches)) { this.composer.say(this.text('badType', { name: file.name })); return; }
    if (file.size > maxBytes) {
      const size = new Intl.NumberFormat(this.composer.locale, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }).format(maxBytes / 1e6);
      this.composer.say(this.text('tooLarge', { name: file.name, size }));
      return;
    }
    const own = { name: file.name, id: null, done: 0, key: newKey() };
    this.list.push(own);
    this.composer.problem = null;
    this.show();
    const answer = await this.upload(file, own);
    if (!this.list.includes(own)) return;
    own.id = answer.data?.id;
    if (!answer.ok) {
      this.list = this.list.filter((one) => one !== own);
      this.composer.say(answer.data?.message ?? this.text('notUploaded', { name: file.name }));
    }
    this.show();
  }

  /** A token that is refused is renewed, once. */
  async upload(file, own) {
    const { calls } = this.chat;
    for (let renewed = false; ;) {
      const { token } = this.chat.store.get();
      const answer = await this.post(file, own, token);
      if (answer.status !== 403 || renewed || answer.data?.code !== 'FORBIDDEN' || !(renewed = await calls.renew(token))) return answer;
    }
  }

  /** `fetch` does not tell how much of a request has left. */
  post(file, own, token) {
    const { calls, store } = this.chat;
    const form = new FormData();
    form.append('file', file);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.responseType = 'json';
      request.open('POST', `${calls.base}/threads/${store.get().thread}/attachments`);
      request.setRequestHeader('authorization', `Bearer ${token}`);
      request.setRequestHeader('idempotency-key', own.key);
      request.upload.onprogress = ({ loaded, total }) => {
        own.done = total ? loaded / total : 0;
        if (own.bar) own.bar.value = own.done;
      };
      request.onloadend = () => done({ status: request.status, ok: request.status === 200, data: request.response });
      own.stop = () => request.abort();
      request.send(form);
    });
  }

  show() {
    const chip = (file) => {
      const label = this.text(file.id ? 'remove' : 'cancel', { name: file.name });
      const remove = () => {
        this.list = this.list.filter((one) => one !== file);
        file.stop?.();
        this.show();
        this.composer.focus();
      };
      const words = file.id ? file.name : this.text('uploading', { name: file.name });
      file.bar = file.id ? null : el('progress', { max: 1, value: file.done, 'aria-label': words });
      return el('div', { className: 'chip' }, el('span', {}, words), file.bar, el('button', { type: 'button', 'aria-label': label, on: { click: remove } }, icon('close')));
    };
    this.composer.chips.replaceChildren(...this.list.map(chip));
    this.composer.show();
  }
}
