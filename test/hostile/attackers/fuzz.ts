import { dnsShot } from '../fuzzers/dns.ts';
import { type FuzzGiven, fuzz, type Shot } from '../fuzzers/fuzzer.ts';
import { httpCorpus, httpShot, openPlain, openSecure } from '../fuzzers/http.ts';
import { nodeShot } from '../fuzzers/nodes.ts';
import { joinNode } from '../wire/node.ts';
import { Random } from '../wire/random.ts';
import { given, report } from './given.ts';

/** All listeners at once, each with mutations of what it should be sent. */
const about = given<FuzzGiven>();
const corpus = httpCorpus(about);
const listeners: Readonly<Record<string, { shot: Shot; atOnce: number }>> = {
  'API, plain': { shot: httpShot(corpus, openPlain(about.api)), atOnce: 4 },
  'API over TLS': { shot: httpShot(corpus, openSecure(about.tls)), atOnce: 2 },
  nodes: { shot: nodeShot(about.nodes, await joinNode(about.secret)), atOnce: 2 },
  DNS: { shot: dnsShot(about.dns), atOnce: 2 },
};
const reports = await Promise.all(
  Object.entries(listeners).map(async ([name, { shot, atOnce }], index) => {
    return [name, await fuzz(shot, new Random(about.seed + index), about.forMs, atOnce)];
  }),
);
report(Object.fromEntries(reports));
