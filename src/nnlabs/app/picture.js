// A place for a picture: chosen, dropped or pasted. Its file goes to Python as it is, in base64.
const input = element.querySelector("input"), shown = element.querySelector("img"), drop = element.querySelector("label");

function take(file) {
  if (!file) return;
  const reader = new FileReader();
  reader.onload = () => {
    props.value = reader.result.slice(reader.result.indexOf(",") + 1);
    shown.src = URL.createObjectURL(file);
    shown.hidden = false;
    trigger("change");
  };
  reader.readAsDataURL(file.slice(0, MOST_BYTES + 1)); // one more, and Python says that they are too many
}

input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
drop.addEventListener("dragover", (event) => event.preventDefault());
drop.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files[0]); });
document.addEventListener("paste", (event) => { if (element.checkVisibility()) take(event.clipboardData.files[0]); });
