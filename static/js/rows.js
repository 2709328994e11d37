/* Through the rows of a list with j and k, marking with x, while the focus is in it; the links and boxes do the same without. */
const list = document.querySelector('[data-rows]');
const keys = document.querySelector('.keys');
if (list && keys) keys.hidden = false;
list?.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const row = e.target.closest('tbody tr');
  if (!row) return;
  if (e.key === 'x') row.querySelector('[type="checkbox"]')?.click();
  if (e.key !== 'j' && e.key !== 'k') return;
  const other = e.key === 'j' ? row.nextElementSibling : row.previousElementSibling;
  other?.querySelector('td a')?.focus();
});
