/* In the console: / puts the cursor into the search. Whoever switched the key off gets a page without data-slash. */
addEventListener('keydown', e => {
  if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input, textarea, select')) return;
  const box = document.querySelector('[data-slash]');
  if (box) { e.preventDefault(); box.focus(); }
});
