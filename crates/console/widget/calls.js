// A visitor's requests: what the browser keeps, the token, and the way in which new messages come.

/** What lists tell of each message beside its text, and of the conversation. */
export const FURTHER = 'author,attachments,clientKey,handling';

/** Lets one page of the browser do something at a time. Without locks, as over plain HTTP, pages may meet. */
export const alone = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** What a browser keeps of a conversation. Nothing is kept before the first message. */
export class Store {
  constructor(name) {
    this.name = name;
    this.memory = {};
  }

  get() {
    try { return JSON.parse(localStorage.getItem(this.name)) ?? this.memory; } catch { return this.memory; }
  }

  set(changes) {
    const next = { ...this.get(), ...changes };
    this.memory = next;
    try { localStorage.setItem(this.name, JSON.stringify(next)); } catch { /* the memory of this page has it */ }
    return next;
  }

  wipe() {
    this.memory = {};
    try { localStorage.removeItem(this.name); } catch { /* nothing was kept */ }
  }
}

/** An answer: its status (0 if none came), its JSON, and the seconds to wait before the next try. */
async function request(url, options) {
  const answer = await fetch(url, { credentials: 'omit', ...options }).catch(() => null);
  if (!answer) return { status: 0, ok: false, data: null, waitS: 0 };
  const data = await answer.json().catch(() => null);
  return { status: answer.status, ok: answer.ok, data, waitS: Number(answer.headers.get('retry-after')) || 0 };
}

export class Calls {
  /** The part of a token's life after which it is renewed. */
  static RENEW_AT = 0.8;

  constructor(server, store, ended) {
    this.base = `${server}/api/v1/chat`;
    this.store = store;
    this.ended = ended;
  }

  /** A request without a token. */
  open(path, body, key) {
    const headers = { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) };
    return request(this.base + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** A request about the conversation. A token that is refused is renewed, once. A question waits for its rate. */
  async thread(method, path, body, key) {
    for (let renewed = false; ;) {
      const { thread, token } = this.store.get();
      if (!thread) return { status: 403, ok: false, data: null, waitS: 0 };
      const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }), ...(key && { 'idempotency-key': key }) };
      const answer = await request(`${this.base}/threads/${thread}${path}`, { method, headers, body: body && JSON.stringify(body) });
      if (answer.status === 429 && method === 'GET') await new Promise((done) => setTimeout(done, answer.waitS * 1_000 || 1_000));
      else if (answer.status !== 403 || renewed || !(renewed = await this.renew(token))) return answer;
    }
  }

  keep({ threadId, token, expiresAt }) {
    return this.store.set({ ...(threadId && { thread: threadId }), token, madeAt: Date.now(), endsAt: Date.parse(expiresAt) });
  }

  /** Renews the token, unless another page of the browser has. Tells whether there is a token. */
  renew(used) {
    return alone(`${this.store.name} token`, async () => {
      const { thread, token } = this.store.get();
      if (token !== used) return Boolean(token);
      const headers = { authorization: `Bearer ${token}` };
      const answer = await request(`${this.base}/threads/${thread}/token`, { method: 'POST', headers });
      // Meanwhile the visitor may have begun another conversation, which this answer is not about.
      const present = this.store.get().token;
      if (present !== used) return Boolean(present);
      if (answer.ok) this.keep(answer.data);
      else if ([403, 404].includes(answer.status)) this.ended();
      return answer.ok;
    });
  }

  /** Milliseconds until the token should be renewed. */
  renewIn() {
    const { madeAt, endsAt } = this.store.get();
    return madeAt + (endsAt - madeAt) * Calls.RENEW_AT - Date.now();
  }
}

/** New messages: by a stream, else by a long poll, else by a question every 15 seconds. */
export class Feed {
  static EVENTS = ['inbound', 'delta', 'reset', 'typing', 'handling', 'closed'];
  /** A stream that has not begun by then is held back on its way. */
  static OPEN_MS = 10_000;
  static TRIES = 3;
  static POLL_MS = 15_000;
  static WAIT_S = 25;
  /** After this many polls the stream is tried again. */
  static POLLS = 20;

  /** `take` gets each event, `catchUp` reads what was said meanwhile, `state` hears whether the connection is lost. */
  constructor(calls, { take, catchUp, state, last }) {
    Object.assign(this, { calls, take, catchUp, state, last, run: 0, failures: 0 });
  }

  async start() {
    const run = ++this.run;
    const goesOn = () => run === this.run;
    for (let streams = 0, polls = 0; goesOn();) {
      if (streams < Feed.TRIES) {
        const began = await this.stream(goesOn);
        streams = began ? 0 : streams + 1;
      } else {
        const isLong = polls < Feed.TRIES;
        const ok = await this.poll(isLong, goesOn);
        polls = ok ? polls : polls + 1;
        if (ok && (this.asked = (this.asked ?? 0) + 1) % Feed.POLLS === 0) streams = 0;
        if (ok && isLong) continue;
        if (goesOn()) await this.rest(Feed.POLL_MS);
        continue;
      }
      if (goesOn()) await this.rest(this.pause());
    }
  }

  stop() {
    this.run++;
    this.source?.close();
    this.wake();
  }

  /** Tries again at once: the page is visible again, or the network is back. */
  again() {
    this.failures = 0;
    if (this.source && this.source.readyState !== EventSource.CLOSED) this.finish?.(true);
    this.wake();
  }

  wake() {
    clearTimeout(this.timer);
    this.rested?.();
  }

  rest(ms) {
    return new Promise((done) => {
      this.rested = done;
      this.timer = setTimeout(done, ms);
    });
  }

  /** Doubles from one second to half a minute, and differs from page to page. */
  pause() {
    const most = this.waitMs || Math.min(1_000 * 2 ** this.failures++, 30_000);
    this.waitMs = 0;
    return most * (0.75 + Math.random() / 2);
  }

  /** Follows a stream until it breaks off. Tells whether it had begun. */
  async stream(goesOn) {
    const ticket = await this.calls.thread('POST', '/stream-ticket');
    if (!goesOn()) return true;
    if (!ticket.ok) {
      this.state(true);
      this.waitMs = ticket.waitS * 1_000;
      return true;
    }
    const url = new URL(`${this.calls.base}/threads/${this.calls.store.get().thread}/stream`);
    url.search = new URLSearchParams({ ticket: ticket.data.ticket, include: 'own,deltas,typing,handling', ...(this.last() && { lastEventId: this.last() }) });
    return new Promise((done) => {
      const source = new EventSource(url);
      let began = false;
      this.source = source;
      this.finish = (isOver) => {
        clearTimeout(late);
        source.close();
        done(isOver || began);
      };
      const late = setTimeout(() => this.finish(false), Feed.OPEN_MS);
      source.onopen = () => {
        clearTimeout(late);
        began = true;
        this.failures = 0;
        this.state(false);
        this.catchUp();
      };
      source.onmessage = ({ data }) => this.take('message', JSON.parse(data));
      for (const name of Feed.EVENTS) source.addEventListener(name, ({ data }) => this.take(name, JSON.parse(data || '{}')));
      source.onerror = () => {
        this.state(true);
        this.finish(false);
      };
    });
  }

  async poll(isLong, goesOn) {
    const query = new URLSearchParams({ after: this.last() ?? '', include: FURTHER, ...(isLong && { wait: Feed.WAIT_S }) });
    const answer = await this.calls.thread('GET', `/messages?${query}`);
    if (!goesOn()) return true;
    this.state(!answer.ok);
    if (!answer.ok) return false;
    this.take('handling', answer.data.handling);
    for (const message of answer.data.messages) this.take(message.direction === 'INBOUND' ? 'inbound' : 'message', message);
    return true;
  }
}
