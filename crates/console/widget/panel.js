// The panel of the chat: who answers, what was said, and the composer.
import { Chat } from './chat.js';
import { Log, el, icon } from './log.js';
import { STYLE } from './style.js';
import { TEXTS, filled } from './texts.js';

/** The field grows up to this height. */
const HEIGHT_MAX = 140;
/** A screen reader hears this much of a message. */
const SPOKEN_MAX = 500;
const NARROW = matchMedia('(max-width: 600px)');
const RIGHT_TO_LEFT = /^(ar|fa|he|ur|ps|yi|dv|ckb)\b/;

export class Panel {
  constructor(host) {
    const { server, agent, settings, name } = host;
    Object.assign(this, { host, settings });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    host.shadowRoot.adoptedStyleSheets.push(sheet);
    const own = host.texts;
    this.text = (key, values = {}) => filled(own[key] ?? TEXTS[key], values);
    this.locale = host.locale;
    this.chat = new Chat({ server, agent, name }, (what) => this.changed(what));
    this.chat.agentName = settings.assistantName;
    this.log = new Log({ chat: this.chat, text: this.text, server, locale: this.locale });
    this.composer = new Composer({ chat: this.chat, text: this.text, features: settings.features, locale: this.locale });
    this.log.greeting = settings.greeting ?? this.text('welcome');
    this.build();
    this.changed('messages');
    document.addEventListener('visibilitychange', () => this.see());
    addEventListener('focus', () => this.see());
  }

  get isOpen() { return !this.node.hidden; }
  get isModal() { return NARROW.matches && !this.host.isPage; }

  build() {
    const title = this.settings.title ?? this.settings.assistantName ?? this.text('title');
    this.who = el('div', { className: 'who' });
    const close = el('button', { className: 'icon', type: 'button', 'aria-label': this.text('close'), on: { click: () => this.close() } }, icon('close'));
    const top = el('div', { className: 'top' }, el('div', {}, el('h2', { id: 'title', dir: 'auto' }, title), this.who), this.host.isPage ? null : close);
    this.said = el('div', { className: 'sr', 'aria-live': 'polite' });
    const middle = el('div', { className: 'middle' }, this.log.node, this.log.jump);
    this.node = el('div', {
      className: this.host.isPage ? 'panel is-page' : 'panel',
      role: this.host.isPage ? 'region' : 'dialog',
      'aria-labelledby': 'title',
      lang: this.locale,
      dir: RIGHT_TO_LEFT.test(this.locale) ? 'rtl' : 'ltr',
      hidden: true,
      on: { keydown: (event) => this.key(event) },
    }, top, middle, this.composer.node, this.said);
    this.composer.takeDrops(this.node, middle);
    this.host.shadowRoot.append(this.node);
    NARROW.addEventListener('change', () => this.fit());
  }

  open() {
    if (this.isOpen) { this.composer.focus(); return; }
    this.node.hidden = false;
    if (this.chat.isBegun) this.chat.begin();
    this.fit();
    this.log.toEnd();
    if (!this.host.isPage || document.hasFocus()) this.composer.focus();
    this.see();
    this.host.tell('open');
  }

  close() {
    if (!this.isOpen || this.host.isPage) return;
    this.node.hidden = true;
    this.fit();
    this.host.bubble.focus();
    this.host.tell('close');
  }

  /** On a narrow screen the panel is modal and fills what the keyboard leaves. The page behind does not scroll. */
  fit() {
    const isModal = this.isOpen && this.isModal;
    if (this.host.bubble) this.host.bubble.hidden = isModal;
    if (isModal) this.node.setAttribute('aria-modal', 'true'); else this.node.removeAttribute('aria-modal');
    const root = document.documentElement;
    if (isModal && !this.unlock) {
      const { overflow } = root.style;
      root.style.overflow = 'hidden';
      const seen = () => this.node.style.setProperty('--seen', `${visualViewport.height}px`);
      visualViewport?.addEventListener('resize', seen);
      this.unlock = () => {
        root.style.overflow = overflow;
        visualViewport?.removeEventListener('resize', seen);
      };
    } else if (!isModal) {
      this.unlock?.();
      this.unlock = null;
    }
  }

  key(event) {
    if (event.key === 'Escape' && !event.isComposing) this.close();
    if (event.key !== 'Tab' || !this.isModal) return;
    const stops = [...this.node.querySelectorAll('button, textarea, input, a[href], [tabindex="0"]')].filter((one) => one.checkVisibility?.() ?? true);
    const [first, last, at] = [stops[0], stops.at(-1), this.host.shadowRoot.activeElement];
    if (at === (event.shiftKey ? first : last)) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  }

  changed(what) {
    if (!this.node) return;
    if (what === 'growing') this.log.grow(); else this.log.show();
    this.composer.show();
    this.showWho();
    this.speak();
    this.see();
    if (this.count !== this.chat.unread) {
      this.count = this.chat.unread;
      if (this.host.bubble) this.host.unread(this.count);
      this.host.tell('unread', { count: this.count });
    }
  }

  showWho() {
    const { person, isAsked, isLost, agentName } = this.chat;
    const name = person === null ? agentName || this.text('assistant') : person || this.text('person');
    this.who.className = `who${person === null ? '' : ' is-person'}${isLost ? ' is-lost' : ''}`;
    const words = isLost ? this.text('lost') : this.text(isAsked && person === null ? 'isAsked' : 'answers', { name });
    if (this.who.textContent !== words) this.who.textContent = words;
  }

  /** Says once that an answer begins, and then the answer. Text that grows is not read out. */
  speak() {
    const newest = [...this.chat.messages.values()].findLast(({ direction }) => direction === 'OUTBOUND');
    if (this.chat.growing) {
      if (this.spokenOf !== this.chat.growing.id) this.said.textContent = this.text('begins', { name: this.chat.agentName || this.text('assistant') });
      this.spokenOf = this.chat.growing.id;
    } else if (newest && newest.id !== this.spoken) {
      const isNews = this.spoken !== undefined || this.chat.wroteHere;
      this.spoken = newest.id;
      const words = this.log.message(newest).querySelector('.rich').textContent.slice(0, SPOKEN_MAX);
      if (isNews) this.said.textContent = `${this.log.speaker(newest)}: ${words}`;
    }
  }

  /** What is seen counts as read. */
  see() {
    if (this.isOpen && document.visibilityState === 'visible' && document.hasFocus()) this.chat.read();
  }

  identify(token) { return this.chat.identify(token); }

  async logout() {
    await this.chat.logout();
    this.composer.forget();
    this.spoken = undefined;
  }
}

/** Where the visitor writes: text, files, the wish for a person, and where to answer. */
class Composer {
  constructor({ chat, text, features, locale }) {
    Object.assign(this, { chat, text, features, locale, files: [], problem: null });
    this.input = el('textarea', {
      rows: 1, placeholder: text('placeholder'), 'aria-label': text('placeholder'), dir: 'auto',
      on: { input: () => this.typed(), keydown: (event) => this.key(event), paste: (event) => this.take(event, event.clipboardData) },
    });
    this.button = el('button', { className: 'send', type: 'button', 'aria-label': text('send'), on: { click: () => this.send() } }, icon('send'));
    this.picker = el('input', { type: 'file', multiple: true, hidden: true, accept: features.files?.types.join(',') ?? '', on: { change: () => { this.add([...this.picker.files]); this.picker.value = ''; } } });
    this.attach = el('button', { className: 'icon', type: 'button', 'aria-label': text('attach'), on: { click: () => this.picker.click() } }, icon('attach'));
    this.chips = el('div', { className: 'files' });
    this.bars = el('div', { role: 'status' });
    this.ask = el('button', { className: 'ask', type: 'button', on: { click: () => this.asks() } }, text('ask'));
    this.contact = el('div', { className: 'contact', role: 'group', 'aria-label': text('contact'), hidden: true });
    const line = el('div', { className: 'composer' }, this.attach, this.picker, this.input, this.button);
    this.node = el('div', { className: 'bottom' }, this.contact, this.bars, this.chips, line, this.ask);
  }

  focus() { this.input.focus(); }

  /** The next visitor of the page sees nothing of this one. */
  forget() {
    this.isAsking = false;
    this.contact.replaceChildren();
    this.clear();
  }

  clear() {
    this.input.value = '';
    this.files = [];
    this.chips.replaceChildren();
    this.problem = null;
    this.fit();
    this.show();
  }

  typed() {
    this.chat.tellTyping(Boolean(this.input.value.trim()));
    this.fit();
  }

  fit() {
    this.input.style.height = 'auto';
    this.input.style.height = this.input.value ? `${Math.min(this.input.scrollHeight, HEIGHT_MAX)}px` : '';
    this.showButton();
  }

  key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  get isReady() {
    const done = this.files.filter((file) => file.id);
    return this.files.length === done.length && Boolean(this.input.value.trim() || done.length);
  }

  showButton() { this.button.setAttribute('aria-disabled', String(!this.isReady)); }

  send() {
    const words = this.input.value.trim();
    if (!this.isReady) return;
    if (!this.chat.say(words, this.files)) { this.say(this.text('full')); return; }
    this.clear();
    this.input.focus();
  }

  /** Shows a sentence until the next one, or until something is sent. */
  say(problem) {
    this.problem = problem;
    this.show();
  }

  show() {
    const { chat, features } = this;
    const words = this.problem ?? (chat.isClosed ? this.text('closed') : null);
    if (this.bars.textContent !== (words ?? '')) this.bars.replaceChildren(...(words ? [el('div', { className: 'bar' }, words)] : []));
    this.attach.hidden = !features.files || !chat.isBegun;
    this.ask.hidden = !features.ask || !chat.isBegun || chat.isAsked || chat.person !== null || chat.isClosed;
    this.showContact();
    this.showButton();
  }

  async asks() {
    const answer = await this.chat.ask();
    this.problem = answer.ok ? null : answer.status === 409 ? this.text('notNow') : (answer.data?.message ?? this.text('gone'));
    this.show();
    this.input.focus();
  }

  take(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length || this.attach.hidden) return;
    event.preventDefault();
    this.add(files);
  }

  takeDrops(panel, over) {
    const cover = el('div', { className: 'drop', hidden: true }, this.text('attach'));
    over.append(cover);
    panel.addEventListener('dragover', (event) => {
      if (this.attach.hidden || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      cover.hidden = false;
    });
    panel.addEventListener('dragleave', (event) => { if (!panel.contains(event.relatedTarget)) cover.hidden = true; });
    panel.addEventListener('drop', (event) => { cover.hidden = true; this.take(event, event.dataTransfer); });
  }

  async add(files) {
    const { Files } = await import('./files.js').catch(() => ({}));
    if (!Files) { this.say(this.text('gone')); return; }
    this.sender ??= new Files(this);
    files.forEach((file) => this.sender.add(file));
  }

  /** After the first message, once: where to answer when the visitor is away. */
  async showContact() {
    const { chat, contact, features } = this;
    const hasWritten = [...chat.messages.values()].some(({ direction }) => direction === 'INBOUND');
    contact.hidden = !features.contact || !hasWritten || chat.identity || chat.store.get().contact;
    if (contact.hidden || this.isAsking) return;
    this.isAsking = true;
    const { contactForm } = await import('./contact.js').catch(() => ({}));
    if (!contactForm) { this.isAsking = false; return; }
    contact.replaceChildren(...contactForm({ chat, text: this.text, wanted: features.contact }, (answered) => {
      chat.store.set({ contact: answered });
      this.say(answered === 'given' ? this.text('saved') : null);
      this.input.focus();
    }));
  }
}
