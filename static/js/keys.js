/* Single keys press what carries data-key, whatever the keyboard's language. Who does not want them switches them off (WCAG 2.1.4). */
const keysOff = () => localStorage.getItem('keys') === 'off';
const keysSwitch = document.querySelector('[data-keys]');
if (keysSwitch) {
  const show = () => keysSwitch.setAttribute('aria-pressed', String(!keysOff()));
  keysSwitch.hidden = false;
  keysSwitch.addEventListener('click', () => { localStorage.setItem('keys', keysOff() ? 'on' : 'off'); show(); });
  show();
}
addEventListener('keydown', e => {
  if (keysOff() || e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input, textarea, select')) return;
  const key = e.code.startsWith('Key') ? e.code.slice(3).toLowerCase() : e.key;
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return;
  e.preventDefault();
  if (found.tagName !== 'SUMMARY') { found.click(); return; }
  found.parentElement.open = true;
  found.parentElement.querySelector('select, input:not([type="hidden"]), textarea')?.focus();
});
