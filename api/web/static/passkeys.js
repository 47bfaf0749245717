// A passkey is made or used by the device: the page hands over what the server asked, and sends back the answer.
const form = document.querySelector("form[data-passkey]");
const status = document.getElementById("passkey-status");

if (form) {
  const options = JSON.parse(form.dataset.options);
  const given = options.publicKey ?? options;
  try {
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    status.textContent = form.dataset.failed;
    status.className = "problem";
  }
}
