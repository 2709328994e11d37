/* Previews follow what is typed, a third of a second behind; what can be filled in is put in where one was. The buttons do the same without. */
const form = document.querySelector('[data-live]');
const waiting = {};
let last = null;
const show = code => {
  const button = form.querySelector(`[data-preview="${code}"]`);
  const frame = document.querySelector(`iframe[name="${button.formTarget}"]`);
  const fresh = frame.cloneNode();                                /* a new one leaves no trace in the history, and nothing flickers */
  fresh.removeAttribute('src');
  fresh.name = `preview-${code}-${Date.now()}`;
  fresh.classList.add('is-coming');
  frame.parentNode.append(fresh);
  fresh.addEventListener('load', () => { fresh.classList.remove('is-coming'); frame.remove(); button.removeAttribute('aria-busy'); }, { once: true });
  button.formTarget = fresh.name;
  form.requestSubmit(button);
};
const soon = code => { clearTimeout(waiting[code]); waiting[code] = setTimeout(show, 300, code); };
const all = () => form.querySelectorAll('[data-preview]').forEach(button => soon(button.dataset.preview));
form?.addEventListener('input', e => e.target.dataset.of ? soon(e.target.dataset.of) : all());
form?.addEventListener('focusin', e => { if (e.target.dataset.of) last = e.target; });
form?.querySelectorAll('[data-insert]').forEach(code => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-quiet btn-sm';
  button.dir = 'ltr';
  code.replaceWith(button);
  button.append(code);
  button.addEventListener('click', () => {
    if (!last) return;
    last.setRangeText(code.textContent, last.selectionStart, last.selectionEnd, 'end');
    last.focus();
    last.dispatchEvent(new Event('input', { bubbles: true }));
  });
});
