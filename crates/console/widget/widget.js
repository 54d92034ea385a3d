// The chat widget: its element and its bubble. The panel is loaded at its first opening, or when a conversation exists.
(() => {
  const script = document.currentScript ?? document.querySelector('script[src$="/widget.js"]');
  const here = new URL(script.src).origin;
  const STYLE = `
:host { all: initial; position: fixed; z-index: 2147483000; inset: auto 20px 20px auto; color-scheme: light dark; }
:host([position=left]) { inset: auto auto 20px 20px; }
[hidden], :host([hidden]) { display: none !important; }
.bubble { all: unset; position: relative; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%; cursor: pointer;
  background: var(--accent, #1e5ba1); color: var(--on-accent, #fff); box-shadow: 0 1px 2px #0003, 0 6px 20px #0003; }
:focus-visible { outline: 2px solid CanvasText; outline-offset: 3px; }
svg { width: 26px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linejoin: round; }
.badge { top: -4px; right: -4px; min-width: 10px; padding: 0 5px; border-radius: 10px; background: #b32322; color: #fff; font: 600 12px/20px system-ui, sans-serif; text-align: center; }
.note { all: unset; position: absolute; bottom: 70px; right: 0; width: max-content; max-width: min(260px, 80vw); padding: 10px 14px; border-radius: 14px; cursor: pointer;
  background: Canvas; color: CanvasText; font: 15px/22px system-ui, sans-serif; overflow-wrap: anywhere; box-shadow: 0 0 0 1px #8884, 0 6px 20px #0003; }
:host([position=left]) .note { right: auto; left: 0; }
@media (forced-colors: active) { .bubble, .note { border: 1px solid; } }`;

  /** Black or white, by contrast. */
  const on = (hex) => {
    const [r, g, b] = [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255 + 0.055) / 1.055).map((c) => c ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff';
  };
  const make = (tag, name, text, click) => {
    const node = Object.assign(document.createElement(tag), { className: name, textContent: text, dir: 'auto' });
    if (click) node.addEventListener('click', click);
    return node;
  };

  class ThreadlineChat extends HTMLElement {
    connectedCallback() {
      if (this.name) return;
      this.server = this.getAttribute('server') ?? here;
      this.agent = this.getAttribute('agent');
      this.isPage = this.hasAttribute('page');
      this.name = `threadline ${this.server} ${this.agent}`;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
      // The page's shortcuts do not get what is typed here.
      for (const kind of ['keydown', 'keypress', 'keyup']) this.addEventListener(kind, (event) => event.stopPropagation());
      if (this.getAttribute('consent') !== 'wait') this.consent();
    }

    /** Begins. Before it, `consent="wait"` asks for nothing. */
    consent() {
      return (this.begun ??= this.begin());
    }

    async begin() {
      const ask = (mode) => fetch(`${this.server}/api/v1/chat/agents/${this.agent}/widget`, { mode, credentials: 'omit' }).catch(() => null);
      const answer = await ask('cors');
      // A refusal that this page may not read is an answer nevertheless.
      if (answer ? [403, 404].includes(answer.status) : await ask('no-cors')) {
        console.warn(`Threadline: no chat with ${this.agent} for pages of ${location.origin}`);
        this.hidden = true;
        return;
      }
      this.settings = answer?.ok ? await answer.json() : { features: {} };
      // Without an answer, the next opening asks again.
      if (!answer?.ok) this.begun = null;
      const color = this.getAttribute('colour') ?? this.settings.colour;
      if (/^#[0-9a-f]{6}$/i.test(color)) {
        this.style.setProperty('--accent', color);
        this.style.setProperty('--on-accent', on(color));
      }
      if (this.settings.position && !this.hasAttribute('position')) this.setAttribute('position', this.settings.position);
      if (!this.isPage && !this.bubble) this.show();
      if (this.isPage || this.kept(localStorage, this.name)) await this.load();
      if (this.isPage) this.panel?.open();
      this.tell('ready');
    }

    kept(storage, name) {
      try { return storage.getItem(name); } catch { return null; }
    }

    get locale() {
      return (this.getAttribute('locale') || document.documentElement.lang || navigator.language).toLowerCase();
    }

    get texts() {
      const { [this.locale]: own, [this.locale.split('-')[0]]: usual } = this.settings.texts ?? {};
      try { return { ...usual, ...own, ...JSON.parse(this.getAttribute('texts')) }; } catch { return usual ?? {}; }
    }

    show() {
      this.bubble = make('button', 'bubble', '', () => (this.panel?.isOpen ? this.close() : this.open()));
      const [svg, path] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
      svg.setAttribute('viewBox', '0 0 24 24');
      path.setAttribute('d', 'M4 5.5h16v11H10.5L6 20v-3.5H4z');
      svg.append(path);
      this.badge = make('span', 'badge', '');
      this.bubble.append(svg, this.badge);
      this.shadowRoot.append(this.bubble);
      this.unread(0);
      const { greeting, greetingAfterSeconds: after } = this.settings;
      const name = `${this.name} greeted`;
      if (!greeting || after == null || this.kept(localStorage, this.name)) return;
      setTimeout(() => {
        if (this.panel || this.kept(sessionStorage, name)) return;
        try { sessionStorage.setItem(name, 1); } catch { /* the next page greets again */ }
        this.note(greeting);
      }, after * 1000);
    }

    note(words) {
      this.said?.remove();
      this.said = make('button', 'note', words, () => this.open());
      this.shadowRoot.prepend(this.said);
    }

    unread(count) {
      this.badge.textContent = count > 9 ? '9+' : count || '';
      this.badge.hidden = !count;
      this.bubble.setAttribute('aria-label', (this.texts.open ?? 'Open chat') + (count ? ` (${this.badge.textContent})` : ''));
    }

    async load() {
      this.tries = (this.tries ?? 0) + 1;
      this.loading ??= import(`${here}/widget/{files}/panel.js?${this.tries}`).then(({ Panel }) => (this.panel = new Panel(this)));
      await this.loading.catch(() => { this.loading = null; });
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    }

    async open() {
      await this.consent();
      if (this.hidden) return;
      this.said?.remove();
      if (this.begun) await this.load();
      if (this.panel) this.panel.open();
      else this.note(this.texts.gone ?? 'The chat cannot be reached.');
    }

    close() {
      this.panel?.close();
    }

    /** Names a visitor by a token of the shop's server. */
    async identify(token) {
      await this.consent();
      await this.load();
      return this.panel.identify(token);
    }

    /** Ends the conversation's tokens, and forgets it in this browser. */
    async logout() {
      if (this.kept(localStorage, this.name)) await this.load();
      return this.panel?.logout();
    }
  }

  customElements.get('threadline-chat') ?? customElements.define('threadline-chat', ThreadlineChat);
  const { agent } = script.dataset;
  if (!agent) return;
  const chat = make('threadline-chat', '', '');
  for (const [name, value] of Object.entries(script.dataset)) chat.setAttribute(name, value);
  if (document.body) document.body.append(chat);
  else addEventListener('DOMContentLoaded', () => document.body.append(chat));
})();
