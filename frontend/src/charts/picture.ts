// A chart as PNG: the server's drawing, in the colours of print, at twice its size.
const SCALE = 2;

/** Save the drawing behind an address as a picture of that name. */
export async function savePicture(address: string, name: string): Promise<void> {
  const answer = await fetch(address);
  if (!answer.ok) {
    document.body.dispatchEvent(new CustomEvent('htmx:responseError', { bubbles: true }));
    return;
  }
  const bytes = new TextEncoder().encode(await answer.text());
  const drawing = new Image();
  drawing.src = `data:image/svg+xml;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
  await drawing.decode();
  const canvas = document.createElement('canvas');
  canvas.width = drawing.naturalWidth * SCALE;
  canvas.height = drawing.naturalHeight * SCALE;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(drawing, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((picture) => {
    if (!picture) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(picture);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
