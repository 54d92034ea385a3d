
// Notes of the browser that somebody needs a person, for who asks for them.
class Notes {
  constructor(button) {
    this.button = button;
    this.count = null;
    if (!('Notification' in window)) return;
    button.addEventListener('click', () => this.turn());
    this.show();
  }

  get areOn() { return localStorage.getItem('notes') === 'on' && Notification.permission === 'granted'; }

  async turn() {
    if (this.areOn) localStorage.setItem('notes', 'off');
    else if (await Notification.requestPermission() === 'granted') localStorage.setItem('notes', 'on');
    this.show();
  }

  show() {
    this.button.hidden = Notification.permission === 'denied';
    this.button.setAttribute('aria-pressed', String(this.areOn));
  }

  /** More threads wait than before, and nobody looks at the page. The tag makes one note of those of several pages. */
  waiting(text) {
    const [count, before] = [Number.parseInt(text, 10), this.count];
    this.count = count;
    if (before === null || count <= before || document.visibilityState === 'visible' || !this.areOn) return;
    const note = new Notification(this.button.dataset.says, { body: `${text} ${this.button.dataset.wait}`, tag: 'threadline-waiting' });
    note.addEventListener('click', () => { window.focus(); note.close(); });
  }
}

const notesButton = document.getElementById('notes');
if (notesButton && inbox) {
  inbox.notes = new Notes(notesButton);
  inbox.notes.waiting(list.dataset.waiting);
}
