import qrcode from 'qrcode-terminal'; // small, and draws with two rows of a code in one line of text

/** The text as a QR code in lines of a terminal. */
export function drawQrCode(text: string): Promise<string> {
  return new Promise((resolve) => qrcode.generate(text, { small: true }, resolve));
}
