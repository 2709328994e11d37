/* Passkeys: a form with data-passkey asks the server for a challenge, the browser for an answer, and is sent with it. */
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('button'), said = form.parentElement.querySelector('[data-said]');
  const say = words => { said.textContent = words; said.hidden = !words; button.removeAttribute('aria-busy'); };
  form.querySelector('.no-script')?.remove();
  form.hidden = button.hidden = false;
  form.addEventListener('submit', async e => {
    if (form.elements.credential.value) return;
    e.preventDefault();
    e.stopPropagation();
    say('');
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return say(form.dataset.none);
    try {
      const create = form.dataset.passkey === 'create';
      const answer = await fetch(form.dataset.options, { method: 'POST', body: new FormData(form) });
      if (!answer.ok) return say(form.dataset.failed);
      const options = await answer.json();
      const made = create
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch (error) {
      say(error.name === 'InvalidStateError' ? form.dataset.known : error.name === 'NotAllowedError' ? form.dataset.stopped : form.dataset.failed);
    }
  });
}
