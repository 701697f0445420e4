// Text from files and models on its way to a terminal: control characters could move the cursor, recolour or retitle the
// window, so they are shown as a replacement character. Line breaks and tabs stay.

/** C0 and C1 controls except tab and line feed, and the marks that reorder text. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replaceAll(controls, '\ufffd');
}
