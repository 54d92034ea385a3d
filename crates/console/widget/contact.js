// The question where to answer when the visitor is away. Loaded when it is asked.
import { el } from './log.js';

/** A form that saves name and address, or is skipped. `done` gets `given` or `skipped`. */
export function contactForm({ chat, text, wanted }, done) {
  const field = (name, type) => el('input', { name, type, autocomplete: name });
  const [name, email] = [field('name', 'text'), field('email', 'email')];
  const problem = el('span', { className: 'problem', role: 'alert' });
  const given = (input) => (input.value.trim() ? { [input.name]: input.value.trim() } : {});
  const save = async () => {
    if (wanted.email && (!email.value.trim() || !email.checkValidity())) {
      problem.textContent = text('badEmail');
      email.setAttribute('aria-invalid', 'true');
      email.focus();
      return;
    }
    const answer = await chat.contact({ ...(wanted.email && given(email)), ...(wanted.name && given(name)) });
    if (answer.ok) done('given');
    else problem.textContent = answer.data?.message ?? text('gone');
  };
  const label = (key, input) => el('label', {}, text(key), input);
  const press = (className, key, click) => el('button', { className, type: 'button', on: { click } }, text(key));
  return [
    el('strong', {}, text('contact')),
    ...(wanted.name ? [label('name', name)] : []),
    ...(wanted.email ? [label('email', email)] : []),
    problem,
    ...(wanted.consent ? [el('span', { className: 'consent' }, wanted.consent)] : []),
    el('div', {}, press('strong', 'save', save), press('', 'skip', () => done('skipped'))),
  ];
}
