// Where people work: forms without a page change, drafts, older messages, and the keyboard. Every page works without it.
'use strict';

/** A note in the corner, until it is read. */
function toast(text) {
  document.getElementById('toast')?.remove();
  const [box, said, close] = ['div', 'p', 'button'].map((name) => document.createElement(name));
  [box.id, box.className] = ['toast', 'toast'];
  box.setAttribute('role', 'alert');
  [said.textContent, close.textContent, close.type] = [text, document.body.dataset.dismiss, 'button'];
  close.addEventListener('click', () => box.remove());
  box.append(said, close);
  document.body.append(box);
}

/** Sends the forms of a thread's page, and puts the parts of the answer in their places. */
class Desk {
  static PARTS = ['band', 'composer', 'side'];

  constructor(page) {
    this.page = page;
    this.thread = location.pathname.split('/')[3];
    page.addEventListener('submit', (event) => this.submit(event));
    page.addEventListener('input', (event) => { if (event.target.form?.closest('#composer')) this.keepDraft(); });
    page.addEventListener('change', (event) => {
      if (event.target.type === 'file' && event.target.files.length) event.target.form.requestSubmit();
    });
    this.restoreDraft();
    this.watchEarlier();
    this.seen = document.getElementById('log').dataset.position?.split('.')[0] ?? '0';
    this.typedAt = -Desk.TYPING_MS;
    this.bePresent();
    page.addEventListener('input', (event) => { if (event.target.id === 'say') this.types(); });
    this.saved = new Saved(this);
  }

  static PRESENT_MS = 10_000;
  static TYPING_MS = 4_000;

  /** Tells from time to time that somebody looks, and shows who else does. */
  bePresent() {
    const tell = () => { if (document.visibilityState === 'visible') this.tell(true); };
    document.addEventListener('visibilitychange', () => this.tell(document.visibilityState === 'visible'));
    window.addEventListener('pagehide', () => navigator.sendBeacon(this.presenceUrl, this.told(false)));
    setInterval(tell, Desk.PRESENT_MS);
    tell();
  }

  get presenceUrl() { return `/console/threads/${this.thread}/presence`; }

  told(viewing) {
    const isTyping = performance.now() - this.typedAt < Desk.TYPING_MS && this.text?.value;
    const kind = document.querySelector('#composer [name=kind]:checked')?.value ?? 'none';
    return new URLSearchParams({ viewing, typing: isTyping ? kind : 'none', seen: this.seen });
  }

  async tell(viewing) {
    const answer = await fetch(this.presenceUrl, { method: 'POST', body: this.told(viewing) }).catch(() => null);
    if (answer?.ok) this.present(await answer.text());
  }

  /** Shows who else is here. */
  present(html) {
    const [fresh, old] = [content(html).firstElementChild, document.getElementById('present')];
    if (fresh && old && fresh.textContent !== old.textContent) old.replaceWith(fresh);
  }

  types() {
    const isNew = performance.now() - this.typedAt > Desk.TYPING_MS;
    if (isNew) { this.typedAt = performance.now(); this.tell(true); }
  }

  get text() { return document.getElementById('say'); }

  async submit(event) {
    const [form, button] = [event.target, event.submitter];
    if (button?.classList.contains('away')) return;
    event.preventDefault();
    // A second press of the same button is the same wish.
    if (form.dataset.sends) return;
    form.dataset.sends = 'true';
    const isFile = form.enctype === 'multipart/form-data';
    const data = new FormData(form);
    const [action, body] = [button?.getAttribute('formaction') ?? form.getAttribute('action'), isFile ? data : new URLSearchParams(data)];
    try {
      const answer = await fetch(action, { method: 'POST', body });
      if (answer.status === 401) { location.reload(); return; }
      const url = new URL(answer.url);
      if (answer.ok && answer.redirected && !url.pathname.includes(this.thread)) { location.assign(url); return; }
      this.put(content(await answer.text()), answer.ok, form);
    } catch {
      toast(document.body.dataset.unreachable);
    } finally {
      delete form.dataset.sends;
    }
  }

  /** Puts the parts of a page in their places. What somebody has written in other forms stays. */
  put(answer, isDone, form) {
    if (!answer.getElementById('band')) {
      toast(answer.querySelector('.problem')?.textContent ?? document.body.dataset.unreachable);
      return;
    }
    const written = form?.closest('#composer');
    const [isSent, isFile] = [isDone && form?.matches('#composer form:not(.attach)'), form?.matches('.attach')];
    if (isSent) sessionStorage.removeItem(this.draftName);
    for (const id of Desk.PARTS) {
      const [old, fresh] = [document.getElementById(id), answer.getElementById(id)];
      if (!old && fresh && id === 'composer') document.querySelector('.talk').append(fresh);
      if (old && !fresh) old.remove();
      if (!old || !fresh) continue;
      if (id === 'composer' && !isSent) this.carryComposer(old, fresh, { isFile, isRefused: written && !isDone && !isFile });
      if (id === 'side' || (id === 'band' && !form?.closest('#band'))) carry(old, fresh);
      replace(old, fresh);
    }
    if (written) this.text?.focus();
  }

  carryComposer(old, fresh, { isFile, isRefused }) {
    if (isRefused) return;
    carry(old, fresh);
    if (!isFile) fresh.querySelector('#chips').replaceWith(old.querySelector('#chips'));
    else fresh.querySelector('.attach details').open = false;
    // A person who has begun to write has read what stood there then.
    if (old.querySelector('#say').value) fresh.querySelector('[name=seen]').value = old.querySelector('[name=seen]').value;
  }

  /** The page has the log up to here. */
  saw(position) {
    this.seen = String(position).split('.')[0];
    const seen = document.querySelector('#composer [name=seen]');
    if (seen && !this.text.value) seen.value = String(position).split('.')[0];
  }

  /** Reads the page again, because somebody else has changed who answers. */
  async refresh() {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok) this.put(content(await answer.text()), true, null);
  }

  get draftName() { return `draft:${this.thread}`; }

  keepDraft() {
    const kind = document.querySelector('#composer [name=kind]:checked').value;
    if (this.text.value) sessionStorage.setItem(this.draftName, JSON.stringify({ kind, text: this.text.value }));
    else sessionStorage.removeItem(this.draftName);
  }

  restoreDraft() {
    const kept = JSON.parse(sessionStorage.getItem(this.draftName) ?? 'null');
    if (!kept || !this.text || this.text.value) return;
    this.text.value = kept.text;
    const kind = document.querySelector(`#composer [name=kind][value=${kept.kind === 'note' ? 'note' : 'reply'}]`);
    kind.checked = true;
  }

  /** Earlier messages come when the reader is near them, and what is read stays where it is. */
  watchEarlier() {
    const seen = new IntersectionObserver((all) => { if (all.some((one) => one.isIntersecting)) this.earlier(); }, { rootMargin: '200px' });
    const link = document.getElementById('earlier');
    if (link && document.scrollingElement.scrollTop > 0) seen.observe(link);
    else window.addEventListener('scroll', () => { if (link) seen.observe(link); }, { once: true, passive: true });
  }

  async earlier() {
    const [place, log] = [document.getElementById('earlier'), document.getElementById('log')];
    if (!place || place.dataset.asked) return;
    place.dataset.asked = 'true';
    const answer = await fetch(place.querySelector('a').href).catch(() => null);
    if (!answer?.ok) { delete place.dataset.asked; return; }
    const page = content(await answer.text());
    const root = document.scrollingElement;
    const below = root.scrollHeight - root.scrollTop;
    log.prepend(...page.getElementById('log').children);
    const next = page.getElementById('earlier');
    if (next) place.replaceWith(next); else place.remove();
    root.scrollTop = root.scrollHeight - below;
    this.watchEarlier();
  }
}

/** Saved replies, by a slash at the beginning of the text. */
class Saved {
  constructor(desk) {
    this.desk = desk;
    desk.page.addEventListener('input', (event) => { if (event.target.id === 'say') this.look(); });
    desk.page.addEventListener('keydown', (event) => { if (event.target.id === 'say') this.press(event); });
    desk.page.addEventListener('click', (event) => {
      const option = event.target.closest('#saved [role=option]');
      if (option) this.take(option);
    });
  }

  get list() { return document.getElementById('saved'); }

  get shown() { return [...this.list.querySelectorAll('[role=option]:not([hidden])')]; }

  /** What stands behind the slash. Undefined: nobody asks for saved replies. */
  get word() { return this.desk.text.value.match(/^\/([^\n]*)$/)?.[1].toLowerCase(); }

  /** The saved replies as options. Null: the server gave none, and is asked again the next time. */
  async read() {
    const answer = await fetch('/console/saved-texts').catch(() => null);
    if (answer?.ok) return answer.text();
    this.texts = null;
    return null;
  }

  async look() {
    if (this.word === undefined) { this.close(); return; }
    this.texts ??= this.read();
    const texts = await this.texts;
    // The text may have gone on while the server answered.
    const word = this.word;
    if (!texts || word === undefined) return;
    const list = this.list;
    if (!list.children.length) list.replaceChildren(content(texts));
    for (const option of list.querySelectorAll('[role=option]')) option.hidden = !option.dataset.name.toLowerCase().includes(word);
    list.hidden = this.shown.length === 0;
    this.choose(this.shown[0]);
  }

  choose(option) {
    this.list.querySelector('[aria-selected=true]')?.setAttribute('aria-selected', 'false');
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) this.desk.text.setAttribute('aria-activedescendant', option.id); else this.desk.text.removeAttribute('aria-activedescendant');
  }

  press(event) {
    if (this.list.hidden || event.ctrlKey || event.metaKey) return;
    const chosen = this.list.querySelector('[aria-selected=true]');
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.choose(this.shown[this.shown.indexOf(chosen) + by] ?? chosen);
    else if (event.key === 'Enter' && chosen) this.take(chosen);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    const text = this.desk.text;
    text.value = option.dataset.text;
    text.focus();
    this.desk.keepDraft();
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.choose(null);
  }
}

/** Keys, and the lists that show them. They can be switched off, because some people speak or slip into keys. */
class Keys {
  constructor() {
    this.list = document.getElementById('keys');
    this.commands = document.getElementById('commands');
    this.first = null;
    document.addEventListener('keydown', (event) => this.press(event));
    const box = this.list.querySelector('input');
    box.checked = this.areOn;
    box.addEventListener('change', () => { localStorage.setItem('keys', box.checked ? 'on' : 'off'); this.hint(); });
    this.hint();
    const find = this.commands.querySelector('input');
    find.addEventListener('input', () => this.narrow(find.value));
    this.commands.addEventListener('click', (event) => {
      const command = event.target.closest('[data-run]');
      if (command) { this.commands.close(); this.run(command.dataset.run); }
    });
    this.commands.addEventListener('keydown', (event) => this.step(event));
    for (const opener of document.querySelectorAll('[data-opens]')) {
      opener.hidden = false;
      opener.addEventListener('click', () => this.open(document.getElementById(opener.dataset.opens)));
    }
  }

  get areOn() { return localStorage.getItem('keys') !== 'off'; }

  hint() { document.documentElement.classList.toggle('keys-on', this.areOn); }

  open(dialog) {
    if (document.querySelector('dialog[open]')) return;
    if (dialog === this.commands) { dialog.querySelector('input').value = ''; this.narrow(''); }
    dialog.showModal();
  }

  press(event) {
    const types = event.target.closest?.('input:not([type=radio], [type=checkbox], [type=submit]), textarea, select, [contenteditable]');
    const isChord = event.ctrlKey || event.metaKey;
    if (isChord && event.key.toLowerCase() === 'k' && !event.altKey) { event.preventDefault(); this.open(this.commands); return; }
    if (isChord && event.key === 'Enter' && types?.form) { event.preventDefault(); types.form.requestSubmit(types.closest('.floating')?.querySelector('[type=submit]')); return; }
    if (event.key === 'Escape' && types && !event.target.closest('dialog')) { event.target.blur(); return; }
    if (event.key === 'Escape') { document.querySelector('.sheet[open]')?.removeAttribute('open'); return; }
    if (types || isChord || event.altKey || !this.areOn || document.querySelector('dialog[open]')) return;
    const name = this.first === 'g' ? `g${event.key}` : event.key;
    this.first = event.key === 'g' && this.first !== 'g' ? 'g' : null;
    if (this.first) return;
    if (this.run(name)) event.preventDefault();
  }

  /** Does what a key stands for. Returns false for a key that stands for nothing here. */
  run(key) {
    const places = { gi: '/console', gt: '/console/threads', ga: '/console/agents' };
    if (places[key]) { location.assign(places[key]); return true; }
    if (key === '?') { this.open(this.list); return true; }
    if (key === '/') { const find = document.getElementById('q'); find?.focus(); find?.select(); return Boolean(find); }
    if (key === 'j' || key === 'k') return this.move(key === 'j' ? 1 : -1);
    const place = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.getClientRects().length || one.type === 'radio');
    if (!place) return false;
    if (place.type === 'radio') {
      place.checked = true;
      document.getElementById('say').focus();
    } else if (place.tagName === 'SELECT') place.focus();
    else {
      place.click();
      if (place.tagName === 'SUMMARY') place.parentElement.querySelector('textarea')?.focus();
    }
    return true;
  }

  move(by) {
    const rows = [...document.querySelectorAll('.rows a')];
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
    return true;
  }

  narrow(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const command of this.commands.querySelectorAll('[data-run]')) {
      const key = command.dataset.run;
      const isHere = key.length > 1 || '/?'.includes(key) || document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      const fits = words.every((word) => command.textContent.toLowerCase().includes(word));
      command.parentElement.hidden = !isHere || !fits;
    }
  }

  step(event) {
    const shown = [...this.commands.querySelectorAll('li:not([hidden]) [data-run]')];
    const at = shown.indexOf(document.activeElement);
    if (event.key === 'Enter' && at < 0 && shown[0]) { event.preventDefault(); shown[0].click(); return; }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    (shown[at + by] ?? this.commands.querySelector('input')).focus();
  }
}

const threadPage = document.querySelector('.thread-page');
if (threadPage && document.getElementById('log')) {
  if (matchMedia('(max-width: 900px)').matches) document.querySelector('.side-fold').open = false;
  const desk = new Desk(threadPage);
  if (conversation) conversation.desk = desk;
}
if (document.getElementById('keys')) new Keys();
