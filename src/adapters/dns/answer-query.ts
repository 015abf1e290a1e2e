import type { Answer, DecodedPacket, Packet, Question } from 'dns-packet';
import packet from 'dns-packet';
import type { OverlayNames } from '#core/clusters/overlay-names.ts';

/** The zone this server is the authority for, and how long its answers are good. */
export interface Zone {
  readonly name: string;
  readonly ttlSeconds: number;
}

/** Response codes (RFC 1035, 2136). */
const NO_ERROR = 0;
const FORMAT_ERROR = 1;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;
const NOT_IMPLEMENTED = 4;
const REFUSED = 5;

const STANDARD_QUERY = 0;

const HEADER_BYTES = 12;
const PLAIN_UDP_BYTES = 512;
/** What passes everywhere without being cut into fragments (DNS flag day 2020). */
const LARGEST_UDP_BYTES = 1_232;

/**
 * The answer to one message, or undefined where none belongs: to answers, and to what is too short to be one. Never
 * rejects: what goes wrong behind it is SERVFAIL, and `onFailure` is told.
 */
export async function answerQuery(
  message: Buffer,
  about: {
    readonly zone: Zone;
    readonly names: OverlayNames;
    readonly transport: 'udp' | 'tcp';
    readonly onFailure: (error: unknown) => void;
  },
): Promise<Buffer | undefined> {
  if (message.length < HEADER_BYTES || isResponse(message)) return undefined;
  if (opcodeOf(message) !== STANDARD_QUERY) return emptyAnswer(message, NOT_IMPLEMENTED);
  const query = decode(message);
  if (query === undefined) return emptyAnswer(message, FORMAT_ERROR);
  const [question, ...more] = query.questions ?? [];
  if (question === undefined || more.length > 0) return emptyAnswer(message, FORMAT_ERROR);
  const reply = await replyTo(question, about.zone, about.names).catch((error) => {
    about.onFailure(error);
    return { code: SERVER_FAILURE };
  });
  return withinLimit(render(query, question, reply), query, about.transport);
}

interface Reply {
  readonly code: number;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  /** False only outside of the zone. */
  readonly isAuthoritative?: boolean;
}

async function replyTo(question: Question, zone: Zone, names: OverlayNames): Promise<Reply> {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const isInZone = name === zone.name || name.endsWith(`.${zone.name}`);
  if (!isInZone || (question.class ?? 'IN') !== 'IN') return { code: REFUSED, isAuthoritative: false };
  const found = await names.find(name);
  if (found.kind === 'unknown') return { code: NO_SUCH_NAME, authorities: [startOfAuthority(zone)] };
  const answers = recordsOf(question, name, zone).concat(addressOf(question, found, zone));
  return { code: NO_ERROR, answers, authorities: answers.length > 0 ? [] : [startOfAuthority(zone)] };
}

/** The zone's own records stand at its top. */
function recordsOf({ type }: Question, name: string, zone: Zone): Answer[] {
  if (name !== zone.name) return [];
  if (type === 'SOA') return [startOfAuthority(zone)];
  return type === 'NS' ? [{ type: 'NS', name: zone.name, ttl: zone.ttlSeconds, data: nameServer(zone) }] : [];
}

function addressOf(question: Question, found: Awaited<ReturnType<OverlayNames['find']>>, zone: Zone): Answer[] {
  // the types of the package do not know the query type 255
  const isAsked = question.type === 'A' || (question.type as string) === 'ANY';
  if (found.kind !== 'node' || !isAsked) return [];
  return [{ type: 'A', name: question.name, ttl: zone.ttlSeconds, data: found.address }];
}

/** Also how long "no such name" is good (RFC 2308): no longer than an address. */
function startOfAuthority(zone: Zone): Answer {
  return {
    type: 'SOA',
    name: zone.name,
    ttl: zone.ttlSeconds,
    data: {
      mname: nameServer(zone),
      rname: `hostmaster.${zone.name}`,
      serial: 1,
      refresh: 3_600,
      retry: 600,
      expire: 86_400,
      minimum: zone.ttlSeconds,
    },
  };
}

function nameServer(zone: Zone): string {
  return `ns.${zone.name}`;
}

// ---- messages -------------------------------------------------------------------------------------------------------

function render(query: DecodedPacket, question: Question, reply: Reply): Buffer {
  const { code, answers = [], authorities = [], isAuthoritative = true } = reply;
  const asked = optionsOf(query);
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: (isAuthoritative ? packet.AUTHORITATIVE_ANSWER : 0) | recursionDesired(query) | code,
    questions: [question],
    answers: [...answers],
    authorities: [...authorities],
    ...(asked && { additionals: [asked] }),
  });
}

/** EDNS (RFC 6891): answered when the query has it. */
function optionsOf(query: DecodedPacket): Answer | undefined {
  if (udpBytesOf(query) === undefined) return undefined;
  const options = { type: 'OPT', name: '.', udpPayloadSize: LARGEST_UDP_BYTES, flags: 0, options: [] };
  return options as unknown as Answer; // the types of the package ask for what an answer does not have
}

function udpBytesOf(query: DecodedPacket): number | undefined {
  const option = query.additionals?.find((record) => record.type === 'OPT');
  return option && 'udpPayloadSize' in option ? Number(option.udpPayloadSize) : undefined;
}

/** Over UDP an answer that is too long is cut to its question, with the flag that sends the client to TCP. */
function withinLimit(answer: Buffer, query: DecodedPacket, transport: 'udp' | 'tcp'): Buffer {
  const limit = Math.min(Math.max(udpBytesOf(query) ?? 0, PLAIN_UDP_BYTES), LARGEST_UDP_BYTES);
  if (transport === 'tcp' || answer.length <= limit) return answer;
  const cut: Packet = {
    type: 'response',
    id: query.id ?? 0,
    flags: packet.AUTHORITATIVE_ANSWER | packet.TRUNCATED_RESPONSE | recursionDesired(query),
    questions: query.questions ?? [],
  };
  return packet.encode(cut);
}

function recursionDesired(query: DecodedPacket): number {
  return (query.flags ?? 0) & packet.RECURSION_DESIRED;
}

/** For messages whose inside cannot be read or is not ours to answer: their header with the code. */
function emptyAnswer(message: Buffer, code: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  message.copy(header, 0, 0, 3);
  header.writeUInt8((message.readUInt8(2) & 0b0111_1001) | 0b1000_0000, 2);
  header.writeUInt8(code, 3);
  return header;
}

function opcodeOf(message: Buffer): number {
  return (message.readUInt8(2) >> 3) & 0b1111;
}

function isResponse(message: Buffer): boolean {
  return (message.readUInt8(2) & 0b1000_0000) !== 0;
}

function decode(message: Buffer): DecodedPacket | undefined {
  try {
    return packet.decode(message);
  } catch {
    return undefined;
  }
}
