// A visitor's conversation: what was said, what waits to be sent, who speaks. The view shows it.
import { Calls, FURTHER, Feed, Store, alone, newKey } from './calls.js';
import { Lead } from './live.js';

/** Messages that may wait. */
const WAITING_MAX = 20;
/** After this many tries a message waits for the visitor. */
const TRIES = 3;
/** A server forgets who types after this time. */
const TYPING_MS = 6_000;
const TELL_MS = 3_000;
const PAGE = 50;

export class Chat {
  /** `changed` is called with the name of what changed: `messages`, `growing`, `state`, `typing`. */
  constructor({ server, agent, name }, changed) {
    Object.assign(this, { agent, changed });
    this.store = new Store(name);
    this.calls = new Calls(server, this.store, () => this.over());
    /** Messages by id, in their order, and lines between them. */
    this.messages = new Map();
    /** Messages of conversations that ended while this page was open, with the ends. */
    this.past = [];
    this.growing = this.typing = null;
    /** The person who speaks in place of the agent. */
    this.person = null;
    this.isLost = this.isClosed = this.isAsked = false;
    this.older = null;
    if (this.store.get().thread || this.waiting.length) this.begin();
  }

  get waiting() { return this.store.get().waiting ?? []; }
  get isBegun() { return Boolean(this.store.get().thread); }
  /** Messages of others that the visitor has not read. */
  get unread() { return [...this.messages.values()].filter((one) => one.direction === 'OUTBOUND' && one.status !== 'READ').length; }

  /** Follows the conversation, by the one stream of the browser. */
  begin() {
    if (this.lead) return;
    this.feed = new Feed(this.calls, {
      take: (name, data) => { this.take(name, data); this.lead.tell({ kind: 'event', name, data }); },
      catchUp: () => { this.catchUp(); this.lead.tell({ kind: 'catch-up' }); },
      state: (isLost) => { this.lost(isLost); this.lead.tell({ kind: 'state', isLost }); },
      last: () => this.last,
    });
    this.ends = new AbortController();
    const { signal } = this.ends;
    const back = () => { if (document.visibilityState !== 'visible') return; this.feed.again(); this.flush(); };
    addEventListener('online', back, { signal });
    addEventListener('pageshow', ({ persisted }) => { if (persisted) back(); }, { signal });
    document.addEventListener('visibilitychange', back, { signal });
    addEventListener('storage', ({ key }) => { if (key === this.store.name) this.kept(); }, { signal });
    this.lead = new Lead(this.store.name, { lead: () => this.leads(), follow: () => this.feed.stop(), hear: (message) => this.hear(message) });
    this.catchUp();
    this.lead.tell({ kind: 'who' });
    this.flush();
  }

  leads() {
    if (!this.isBegun) return;
    this.feed.start();
    this.renewSoon();
  }

  /** Another page of the browser changed what is kept. */
  kept() {
    const { thread } = this.store.get();
    if (!thread && this.thread) this.forget({ keepsPast: this.isClosed });
    else if (thread && thread !== this.thread) { this.thread = thread; this.catchUp(); if (this.lead?.leads) this.leads(); }
    this.changed('messages');
  }

  hear({ kind, name, data, isLost, ...state }) {
    if (kind === 'event') this.take(name, data);
    if (kind === 'catch-up') this.catchUp();
    if (kind === 'state') this.lost(isLost);
    if (kind === 'read') this.markRead(state.upTo);
    if (kind === 'who' && this.lead.leads) this.lead.tell({ kind: 'now', growing: this.growing });
    if (kind === 'now') {
      this.growing = state.growing;
      this.changed('growing');
    }
  }

  lost(isLost) {
    if (this.isLost === isLost) return;
    this.isLost = isLost;
    if (isLost && this.growing) this.growing = null;
    this.changed('state');
  }

  renewSoon() {
    clearTimeout(this.renewal);
    if (!this.isBegun) return;
    // A timer holds 24 days at most.
    this.renewal = setTimeout(async () => {
      if (this.calls.renewIn() <= 0) await this.calls.renew(this.store.get().token);
      if (this.lead?.leads) this.renewSoon();
    }, Math.min(Math.max(this.calls.renewIn(), 1_000), 86_400_000));
  }

  /** Reads the newest page, and pages before it until one is known. */
  async catchUp() {
    if (!this.isBegun) return;
    this.thread = this.store.get().thread;
    const known = this.last;
    for (let cursor = null, pages = 0; pages < 20; pages++) {
      const answer = await this.page(cursor);
      if (!answer) return;
      cursor = answer.pagination.nextCursor;
      const joins = !known || answer.messages.some(({ id }) => id === known);
      if (joins || !cursor) {
        if (!known) this.older = cursor;
        break;
      }
    }
    this.changed('messages');
  }

  /** Reads the page before the oldest message. */
  async readOlder() {
    const answer = this.older && (await this.page(this.older));
    if (answer) this.older = answer.pagination.nextCursor;
    this.changed('messages');
  }

  async page(cursor) {
    const query = new URLSearchParams({ limit: PAGE, include: FURTHER, ...(cursor && { cursor }) });
    const answer = await this.calls.thread('GET', `/messages?${query}`);
    if (!answer.ok) return null;
    for (const message of answer.data.messages) this.put(message);
    this.order();
    if (!cursor) this.handled(answer.data.handling);
    return answer.data;
  }

  /** The newest message that the server has. */
  get last() {
    return [...this.messages.values()].findLast(({ hands }) => !hands)?.id;
  }

  put(message) {
    const known = this.messages.get(message.id);
    if (message.clientKey) this.drop(message.clientKey);
    this.messages.set(message.id, { ...known, ...message, ...(known?.status === 'READ' && { status: 'READ' }) });
    if (this.growing?.id === message.id) this.growing = null;
  }

  /** In the order of the server's clock. */
  order() {
    const sorted = [...this.messages].sort(([, a], [, b]) => (a.createdAt < b.createdAt ? -1 : Number(a.createdAt > b.createdAt)));
    this.messages = new Map(sorted);
  }

  take(name, data) {
    switch (name) {
      case 'message':
        this.put(data);
        this.order();
        this.growing = this.typing = null;
        this.changed('messages');
        break;
      case 'inbound':
        this.put(data);
        this.order();
        this.changed('messages');
        break;
      case 'delta':
        this.grow(data);
        break;
      case 'reset':
        this.growing = null;
        this.changed('growing');
        break;
      case 'typing':
        this.types(data);
        break;
      case 'handling':
        this.handled(data);
        break;
      case 'closed':
        this.isClosed = true;
        this.growing = null;
        this.changed('state');
        break;
    }
  }

  /** A piece of a message. A page that has not its beginning waits for the whole message. */
  grow({ id, offset, text }) {
    const known = this.growing?.id === id ? this.growing : { text: '', length: 0 };
    if (offset > known.length) return;
    // Offsets count characters, and a character may be two units of a text here.
    const before = offset === known.length ? known.text : [...known.text].slice(0, offset).join('');
    this.growing = { id, text: before + text, length: offset + [...text].length };
    this.typing = null;
    this.changed('growing');
  }

  types({ typing, name }) {
    clearTimeout(this.typingEnds);
    this.typing = typing ? { name } : null;
    if (typing) this.typingEnds = setTimeout(() => { this.typing = null; this.changed('typing'); }, TYPING_MS);
    this.changed('typing');
  }

  /** A person speaks from here on, or the agent again. The line about it stands behind the newest message. */
  handled({ handling, name, wanted }) {
    const person = handling === 'person' ? (name ?? '') : null;
    if (person !== this.person) {
      const newest = [...this.messages.values()].at(-1)?.createdAt ?? '';
      const id = newKey();
      this.messages.set(id, { id, hands: true, person, createdAt: newest });
    }
    const isNews = person !== this.person || wanted !== this.isAsked;
    [this.person, this.isAsked, this.agentName] = [person, wanted, person === null ? (name ?? this.agentName) : this.agentName];
    if (isNews) this.changed('messages');
  }

  /** Sends what the visitor wrote. Tells whether it was taken: there is room for some messages that wait. */
  say(text, attachments = []) {
    if (this.waiting.length >= WAITING_MAX) return false;
    if (this.isClosed && this.isBegun) this.forget({ keepsPast: true });
    this.isClosed = this.isTyping = false;
    const files = attachments.map(({ id, name }) => ({ id, name }));
    const item = { key: newKey(), text, tries: 0, files, at: new Date().toISOString() };
    this.store.set({ waiting: [...this.waiting, item] });
    this.begin();
    this.changed('messages');
    this.flush();
    return true;
  }

  drop(key) {
    if (this.waiting.some((item) => item.key === key)) this.store.set({ waiting: this.waiting.filter((item) => item.key !== key) });
  }

  edit(key, changes) {
    this.store.set({ waiting: this.waiting.map((item) => (item.key === key ? { ...item, ...changes } : item)) });
    this.changed('messages');
  }

  /** Whether a message waits for the visitor. */
  stopped(key) {
    const item = this.waiting.find((one) => one.key === key);
    return Boolean(item && (item.refusal || item.tries >= TRIES));
  }

  discard(key) {
    this.drop(key);
    this.changed('messages');
    this.flush();
  }

  retry(key) {
    this.edit(key, { tries: 0, refusal: undefined });
    this.flush();
  }

  /** Sends what waits, in its order, from one page of the browser at a time. */
  flush() {
    clearTimeout(this.nextFlush);
    return alone(`${this.store.name} send`, async () => {
      for (let item; (item = this.waiting[0]) && item.tries < TRIES && !item.refusal;) {
        const wasBegun = this.isBegun;
        const answer = await this.send(item);
        if (answer.ok) { this.sent(item, answer.data); continue; }
        if (wasBegun && this.isOver(answer)) { this.over(); this.begin(); continue; }
        const isRefused = answer.status >= 400 && answer.status < 500 && ![408, 409, 429].includes(answer.status);
        if (isRefused) { this.edit(item.key, { refusal: answer.data?.message ?? String(answer.status) }); return; }
        const counts = answer.status !== 429 && navigator.onLine;
        this.edit(item.key, { tries: item.tries + (counts ? 1 : 0) });
        this.lost(answer.status !== 429);
        this.nextFlush = setTimeout(() => this.flush(), answer.waitS * 1_000 || 2_000 * 2 ** item.tries);
        return;
      }
    });
  }

  send({ key, text, files = [] }) {
    const message = { ...(text && { message: text }), clientKey: key, ...(files.length && { attachmentIds: files.map(({ id }) => id) }) };
    if (this.isBegun) return this.calls.thread('POST', '/messages', message, key);
    const identity = this.identity && { identity: this.identity };
    return this.calls.open('/threads', { agentId: this.agent, ...message, ...identity, metadata: { page: location.origin + location.pathname } }, key);
  }

  /** The conversation was closed or deleted, or its token is over: the message begins another one. */
  isOver({ status, data }) {
    return !this.isBegun || status === 404 || (status === 400 && data?.message === 'Thread is closed');
  }

  sent({ key, text, files, at }, data) {
    const isFirst = !this.isBegun;
    if (isFirst) {
      this.thread = data.threadId;
      this.calls.keep(data);
    }
    this.lost(false);
    if (data.messageId && !this.messages.has(data.messageId)) {
      this.put({ id: data.messageId, clientKey: key, messageBody: text, attachments: files, direction: 'INBOUND', status: 'RECEIVED', createdAt: data.createdAt ?? at });
      this.order();
    }
    this.drop(key);
    this.changed('messages');
    if (isFirst && this.lead.leads) this.leads();
  }

  /** Says that the messages of others were read. */
  async read() {
    const isNew = ({ direction, status }) => direction === 'OUTBOUND' && status !== 'READ';
    if (this.isReading) return;
    this.isReading = true;
    for (let next; (next = [...this.messages.values()].findLast(isNew));) {
      const answer = await this.calls.thread('POST', '/read', { upTo: next.id });
      if (!answer.ok) break;
      this.markRead(next.id);
      this.lead?.tell({ kind: 'read', upTo: next.id });
    }
    this.isReading = false;
  }

  /** Tells the team that the visitor types, every few seconds, and once that the visitor has stopped. */
  tellTyping(typing) {
    const isTold = typing === this.isTyping && !(typing && Date.now() - this.toldAt > TELL_MS);
    if (!this.isBegun || isTold) return;
    [this.isTyping, this.toldAt] = [typing, Date.now()];
    this.calls.thread('POST', '/typing', { typing });
  }

  markRead(upTo) {
    const at = this.messages.get(upTo)?.createdAt ?? '';
    for (const message of this.messages.values()) {
      if (message.direction === 'OUTBOUND' && message.createdAt <= at) message.status = 'READ';
    }
    this.changed('messages');
  }

  /** Asks for a person. */
  async ask() {
    const answer = await this.calls.thread('POST', '/ask', {});
    if (answer.ok) this.isAsked = true;
    this.changed('state');
    return answer;
  }

  contact(changes) { return this.calls.thread('PATCH', '/contact', changes); }

  /** A signed visitor: joins this conversation, or finds the last one. A conversation of another person is left. */
  async identify(identity) {
    let answer = this.isBegun && (await this.calls.thread('POST', '/identity', { identity }));
    if (answer && answer.status !== 409) {
      this.identified(answer, identity);
      this.flush();
      return;
    }
    answer = await this.calls.open('/identify', { agentId: this.agent, identity });
    this.identified(answer, identity);
    this.forget({ keepsWaiting: !this.isBegun });
    const [newest] = answer.data.threads;
    if (newest) this.calls.keep(newest);
    if (newest || this.waiting.length) this.begin();
  }

  identified(answer, identity) {
    if (!answer.ok) throw new Error(answer.data?.message ?? 'The chat cannot be reached.');
    this.identity = identity;
    if (this.waiting.length) this.store.set({ waiting: this.waiting.map((item) => ({ ...item, refusal: undefined })) });
  }

  async logout() {
    this.identity = null;
    if (this.isBegun) await this.calls.thread('POST', '/logout', {});
    this.store.wipe();
    this.forget();
  }

  /** The token is over and was not renewed. */
  over() {
    this.forget({ keepsWaiting: true, keepsPast: true });
  }

  forget({ keepsWaiting = false, keepsPast = false } = {}) {
    const { waiting } = this;
    const { contact } = this.store.get();
    this.past = keepsPast && this.messages.size ? [...this.past, ...this.messages.values(), { begins: true }] : keepsPast ? this.past : [];
    this.store.wipe();
    this.feed?.stop();
    this.lead?.end();
    this.ends?.abort();
    clearTimeout(this.renewal);
    this.lead = this.thread = this.growing = this.typing = this.person = this.older = null;
    this.isClosed &&= keepsPast;
    this.isLost = this.isAsked = this.isTyping = false;
    this.messages.clear();
    if (keepsWaiting && waiting.length) this.store.set({ waiting, contact });
    this.changed('messages');
  }
}
