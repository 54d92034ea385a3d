// One page of a browser leads: it has the stream, and tells the others. A browser has six connections to a server over
// HTTP/1.1, so a stream for each page would stop the seventh.

/**
 * The page with the lock leads. A frozen leader is robbed: a visible page that hears no beat for some seconds takes the
 * lock. Without locks, as over plain HTTP, each visible page leads itself.
 *
 * `lead` and `follow` are called when this page begins and ceases to lead, `hear` with each message of another page.
 */
export class Lead {
  static BEAT_MS = 5_000;
  static SILENT_MS = 12_000;

  constructor(name, { lead, follow, hear }) {
    Object.assign(this, { name, lead, follow, hear, leads: false, ended: false, heard: performance.now() });
    this.over = new AbortController();
    if (navigator.locks && window.BroadcastChannel) this.share(); else this.alone();
  }

  share() {
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => {
      if (data.fromLeader) this.heard = performance.now();
      if (data.kind !== 'beat') this.hear(data);
    };
    this.request({});
    this.timer = setInterval(() => {
      const isSilent = performance.now() - this.heard > Lead.SILENT_MS;
      if (this.leads) this.tell({ kind: 'beat' });
      else if (isSilent && document.visibilityState === 'visible') this.request({ steal: true });
    }, Lead.BEAT_MS);
  }

  request(options) {
    const held = () => new Promise((release) => {
      if (this.ended) { release(); return; }
      this.release = release;
      this.heard = performance.now();
      this.begin();
    });
    // `steal` takes no signal.
    const how = options.steal ? options : { ...options, signal: this.over.signal };
    navigator.locks.request(this.name, how, held).catch(() => {
      this.cease();
      if (!this.ended) this.request({});
    });
  }

  alone() {
    const see = () => { if (document.visibilityState === 'visible') this.begin(); else this.cease(); };
    document.addEventListener('visibilitychange', see, { signal: this.over.signal });
    see();
  }

  begin() {
    if (this.leads) return;
    this.leads = true;
    this.lead();
  }

  cease() {
    if (!this.leads) return;
    this.leads = false;
    this.follow();
  }

  tell(message) {
    this.channel?.postMessage({ ...message, fromLeader: this.leads });
  }

  end() {
    this.ended = true;
    clearInterval(this.timer);
    this.over.abort();
    this.cease();
    this.release?.();
    this.channel?.close();
  }
}
