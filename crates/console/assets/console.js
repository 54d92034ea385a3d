// The live part of the console. Every page works without it.
'use strict';

// HTML comes from this server alone: the templates escape it, the sanitiser cleans what models wrote.
const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy('threadline', { createHTML: (html) => html })
  : { createHTML: (html) => html };

/** The content of a text of HTML. */
function content(html) {
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(html);
  return template.content;
}

/** The same field of another form of an element. */
function twin(field, within) {
  const own = field.id ? `#${CSS.escape(field.id)}` : `[name="${CSS.escape(field.name)}"][value="${CSS.escape(field.value)}"]`;
  return within.querySelector(own);
}

/** Gives a new form of an element what people have done with the old one: texts, choices, open folds. */
function carry(old, fresh) {
  const folds = [...old.querySelectorAll('details')];
  fresh.querySelectorAll('details').forEach((fold, at) => { if (folds[at]) fold.open = folds[at].open; });
  for (const field of old.querySelectorAll('textarea, select, input[type=radio], input[type=checkbox]')) {
    const other = twin(field, fresh);
    if (!other) continue;
    if ('checked' in field && field.type !== 'textarea' && field.tagName === 'INPUT') other.checked = field.checked;
    else if (field.tagName === 'TEXTAREA' || [...other.options].some((one) => one.value === field.value)) other.value = field.value;
  }
}

/** Puts a new form of an element in its place. The focus stays on the same field, link or button. */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const range = focused?.tagName === 'TEXTAREA' ? [focused.selectionStart, focused.selectionEnd] : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const same = (one) => one.tagName === focused.tagName && (one.href ? one.href === focused.href : one.textContent === focused.textContent);
  const next = (focused.id || focused.name) && twin(focused, fresh) || [...fresh.querySelectorAll('a, button, summary')].find(same);
  next?.focus({ preventScroll: true });
  if (next && range) next.setSelectionRange(...range);
}

/** The conversation of this page: how events change it. */
class Conversation {
  constructor(log) {
    this.log = log;
    this.topic = { thread: log.dataset.thread, position: log.dataset.position };
    /** What scrolls: the page, or a log within a page. */
    this.root = 'scrolls' in log.dataset ? log : document.scrollingElement;
    [this.announce, this.lost, this.jump] = ['announce', 'lost', 'jump'].map((id) => document.getElementById(id));
    this.jump.addEventListener('click', () => this.toEnd());
    (this.root === log ? log : window).addEventListener('scroll', () => { if (this.isAtEnd()) this.jump.hidden = true; }, { passive: true });
    document.addEventListener('submit', () => { this.isLeaving = true; });
    if (this.root === log || !location.hash) this.toEnd();
  }

  /** Pixels by which the end of the conversation lies below what can be seen. */
  get below() {
    if (this.root === this.log) return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    const composer = document.getElementById('composer')?.offsetHeight ?? 0;
    const rail = matchMedia('(max-width: 900px)').matches ? document.querySelector('.rail').offsetHeight : 0;
    return this.log.getBoundingClientRect().bottom + composer + rail - window.innerHeight;
  }

  isAtEnd() { return this.below < 96; }

  toEnd() {
    (this.root === this.log ? this.log : window).scrollBy(0, Math.max(this.below, 0));
    this.jump.hidden = true;
  }

  /** Applies an event, which may come again. */
  apply({ thread, name, position, id, html }) {
    if (thread !== this.topic.thread) return;
    if (name === 'present') { this.desk?.present(html); return; }
    const follows = this.isAtEnd();
    this.topic.position = position;
    this[name](id, html);
    this.desk?.saw(position);
    if (follows) this.toEnd(); else this.jump.hidden = false;
  }

  put(id, html) {
    this.log.querySelector('p.empty')?.remove();
    for (const fresh of [...content(html).children]) {
      const old = document.getElementById(fresh.id);
      if (old) { carry(old, fresh); replace(old, fresh); } else this.log.append(fresh);
      const speaker = fresh.querySelector('.name')?.textContent;
      if (!speaker) this.announce.textContent = fresh.textContent.trim();
      else if (fresh.classList.contains('growing')) this.announce.textContent = `${speaker} answers…`;
      else this.announce.textContent = `${speaker}: ${fresh.querySelector('.body').textContent.trim().slice(0, 500)}`;
    }
  }

  block(id, html) {
    document.querySelector(`#${CSS.escape(id)} .blocks`)?.append(content(html));
  }

  tail(id, html) {
    const said = document.getElementById(id);
    said?.querySelector('.tail')?.replaceChildren(content(html));
    if (html) said?.querySelector('.thinks')?.remove();
  }

  drop() {
    this.log.querySelectorAll('.growing').forEach((said) => said.remove());
  }

  band(id, html) {
    const [old, fresh] = [document.getElementById('band'), content(html).firstElementChild];
    if (!old) return;
    const who = (band) => band.querySelector('.band-who').textContent.trim();
    const isOther = who(old) !== who(fresh);
    carry(old, fresh);
    replace(old, fresh);
    if (isOther) this.desk?.refresh();
  }

  gone() {
    // A form may have deleted the thread, and its answer leads on.
    if (!this.isLeaving) location.reload();
  }
}

/** A list of the inbox: rows change in their places, and what would move them waits for a press. */
class Inbox {
  static ROWS_MAX = 300;

  constructor(list) {
    this.list = list;
    this.topic = { thread: list.dataset.topic, position: list.dataset.at };
    [this.lost, this.pill] = ['lost', 'newer'].map((id) => document.getElementById(id));
    this.newer = new Set();
    this.title = document.title;
    this.waiting(null, list.dataset.waiting);
    this.pill.querySelector('button').addEventListener('click', () => this.renew());
    this.watchEnd();
  }

  /** Applies an event, which may come again. */
  apply({ thread, name, position, id, html }) {
    if (thread !== this.topic.thread) return;
    this.topic.position = position;
    this[name](id, html);
    this.tell();
  }

  row(id, html) {
    const old = document.getElementById(id);
    if (!html) { old?.remove(); this.newer.delete(id); return; }
    const fresh = content(html).firstElementChild;
    const hasMoved = old?.dataset.order !== fresh.dataset.order && old?.previousElementSibling;
    if (old) replace(old, fresh);
    if (!old || (hasMoved && this.topic.thread !== 'i:needs')) this.newer.add(id);
  }

  /** The thread is no longer of this list. Its row stays until the list is read again. */
  left(id, html) {
    const old = document.getElementById(id);
    this.newer.delete(id);
    if (!old) return;
    const fresh = content(html).firstElementChild;
    fresh.classList.add('is-left');
    replace(old, fresh);
  }

  stale() { this.newer.add('stale'); }

  waiting(id, text) {
    document.title = text === '0' ? this.title : `(${text}) ${this.title}`;
    this.notes?.waiting(text);
    const badge = document.getElementById('waiting');
    if (badge) badge.textContent = text === '0' ? '' : text;
  }

  tell() {
    this.pill.hidden = this.newer.size === 0;
    document.getElementById('newer-count').textContent = this.newer.size;
  }

  /** Reads the list again, from its beginning. */
  async renew() {
    const tab = this.topic.thread.slice(2);
    const answer = await fetch(`/console?tab=${tab}`).catch(() => null);
    if (!answer?.ok) return;
    const fresh = content(await answer.text()).getElementById('list');
    this.list.replaceChildren(...fresh.childNodes);
    this.newer.clear();
    this.tell();
    this.waiting(null, fresh.dataset.waiting);
    window.scrollTo(0, 0);
    this.list.querySelector('.rows a')?.focus({ preventScroll: true });
    this.watchEnd();
  }

  /** More rows come when the reader is near the end. The first ones go beyond the bound, and their page has a link. */
  watchEnd() {
    const next = this.list.querySelector('[rel=next]');
    if (!next) return;
    const seen = new IntersectionObserver((all) => {
      if (!all.some((one) => one.isIntersecting)) return;
      seen.disconnect();
      this.more(next.href);
    }, { rootMargin: '400px' });
    seen.observe(next);
  }

  async more(href) {
    const answer = await fetch(href).catch(() => null);
    const rows = document.getElementById('rows');
    if (!answer?.ok || !rows) return;
    const page = content(await answer.text());
    for (const row of page.querySelectorAll('#rows > li')) if (!document.getElementById(row.id)) rows.append(row);
    const beyond = rows.children.length - Inbox.ROWS_MAX;
    if (beyond > 0) {
      const height = rows.scrollHeight;
      [...rows.children].slice(0, beyond).filter((row) => !row.contains(document.activeElement)).forEach((row) => row.remove());
      window.scrollBy(0, rows.scrollHeight - height);
    }
    document.getElementById('pager').replaceWith(page.getElementById('pager'));
    this.watchEnd();
  }
}

/**
 * One stream for all pages of a browser, because a browser has six connections to a server over HTTP/1.1. The page with the
 * lock leads: it has the stream, and tells the others. Without locks, as over plain HTTP, each visible page leads itself.
 */
class Stream {
  static EVENTS = ['put', 'block', 'tail', 'drop', 'band', 'gone', 'row', 'left', 'stale', 'waiting', 'present', 'again'];
  static BEAT_MS = 5_000;
  static SILENT_MS = 12_000;
  static TOPICS_MAX = 16;

  constructor(view) {
    /** What this page follows, if it follows anything. */
    this.view = view;
    this.tab = crypto.randomUUID?.() ?? String(Math.random());
    /** The topics of the pages, by page. Only the leader has them. */
    this.topics = new Map();
    this.leads = false;
    this.wait = 500;
    this.heard = performance.now();
    window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
    navigator.locks && window.BroadcastChannel ? this.share() : this.alone();
  }

  alone() {
    if (!this.view) return;
    const see = () => {
      this.leads = document.visibilityState === 'visible';
      if (this.leads) this.want({ tab: this.tab, topic: this.view.topic }); else this.close();
    };
    document.addEventListener('visibilitychange', see);
    see();
  }

  share() {
    this.channel = new BroadcastChannel('threadline');
    this.channel.onmessage = ({ data }) => this.hear(data);
    this.lead({});
    this.ask();
    window.addEventListener('pagehide', () => this.channel.postMessage({ kind: 'leave', tab: this.tab }));
    window.addEventListener('online', () => { if (this.leads) this.open(); });
    setInterval(() => {
      const isSilent = performance.now() - this.heard > Stream.SILENT_MS;
      if (this.leads) this.channel.postMessage({ kind: 'beat' });
      else if (isSilent && document.visibilityState === 'visible') this.lead({ steal: true });
    }, Stream.BEAT_MS);
  }

  /** Leads as soon as no other page does. A frozen leader is robbed, and stops. */
  lead(options) {
    const stay = () => new Promise(() => {
      this.leads = true;
      this.heard = performance.now();
      this.channel.postMessage({ kind: 'who' });
      this.ask();
    });
    navigator.locks.request('threadline-live', options, stay).catch(() => {
      this.leads = false;
      this.close();
      this.lead({});
    });
  }

  /** Tells the leader what this page wants. */
  ask() {
    if (!this.view) return;
    const message = { kind: 'want', tab: this.tab, topic: this.view.topic };
    if (this.leads) this.want(message); else this.channel.postMessage(message);
  }

  hear(message) {
    const { kind } = message;
    if (kind === 'want' && this.leads) this.want(message);
    if (kind === 'leave' && this.leads) this.leave(message);
    if (['beat', 'who', 'event'].includes(kind)) this.heard = performance.now();
    if (kind === 'who') this.ask();
    if (kind === 'event') this.view?.apply(message.event);
    if (kind === 'state') this.show(message.isLost);
  }

  want({ tab, topic }) {
    this.topics.delete(tab);
    this.topics.set(tab, { ...topic });
    while (this.topics.size > Stream.TOPICS_MAX) this.topics.delete(this.topics.keys().next().value);
    this.soon();
  }

  leave({ tab }) {
    if (this.topics.delete(tab)) this.soon();
  }

  /** Several pages that change at once make one new stream. */
  soon(ms = 50) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), ms);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  open() {
    this.close();
    if (!this.leads || this.topics.size === 0) return;
    const url = new URL('/console/live', location.href);
    for (const [thread, position] of this.positions()) {
      url.searchParams.append('topics', `${thread.includes(':') ? '' : 't:'}${thread}@${position}`);
    };
    const source = new EventSource(url);
    this.source = source;
    source.onopen = () => { this.wait = 500; this.tell({ kind: 'state', isLost: false }); };
    source.onerror = () => this.again();
    for (const name of Stream.EVENTS) {
      source.addEventListener(name, ({ data }) => {
        if (name === 'again') { this.again(); return; }
        const event = { name, ...JSON.parse(data) };
        for (const topic of this.topics.values()) if (event.position && topic.thread === event.thread) topic.position = event.position;
        this.tell({ kind: 'event', event });
      });
    }
  }

  /** Each thread once, from where the page begins that knows least. */
  positions() {
    const all = new Map();
    for (const { thread, position } of this.topics.values()) {
      const known = all.get(thread);
      if (known === undefined || isBefore(position, known)) all.set(thread, position);
    }
    return all;
  }

  /** The stream broke. A browser gives up after some errors; the page tries again, from its own positions. */
  async again() {
    this.close();
    this.tell({ kind: 'state', isLost: true });
    const answer = await fetch('/console', { method: 'HEAD' }).catch(() => null);
    if (answer?.status === 401) { location.reload(); return; }
    this.soon(this.wait);
    this.wait = Math.min(this.wait * 2, 10_000);
  }

  tell(message) {
    this.channel?.postMessage(message);
    if (message.kind === 'event') this.view?.apply(message.event); else this.show(message.isLost);
  }

  show(isLost) {
    if (this.view) this.view.lost.hidden = !isLost;
  }
}

/** Whether a position of the log, as `12` or `12.57`, is before another one. */
function isBefore(one, other) {
  const [[a, b = 0], [c, d = 0]] = [one, other].map((position) => String(position).split('.').map(Number));
  return a < c || (a === c && b < d);
}

const log = document.querySelector('[data-position]');
const conversation = log && new Conversation(log);
const list = document.querySelector('[data-topic]');
const inbox = !conversation && list && new Inbox(list);
if (document.querySelector('.shell')) new Stream(conversation ?? inbox);

// After a sign-in, back to the page that asked for it.
const form = document.querySelector('form[action="/console/sign-in"]');
if (form && location.pathname !== '/console/sign-in') {
  const next = document.createElement('input');
  [next.type, next.name, next.value] = ['hidden', 'next', location.pathname + location.search];
  form.append(next);
}
