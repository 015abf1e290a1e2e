import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';

export interface OutpostChange {
  readonly outpost: Outpost;
  readonly change: string;
}

/** What is different between two looks, in words. A heartbeat that only comes on time is no change. */
export function changesOf(before: readonly Outpost[], now: readonly Outpost[]): OutpostChange[] {
  const known = new Map(before.map((one) => [one.id, one]));
  return now.flatMap((outpost) => {
    const old = known.get(outpost.id);
    const words = old === undefined ? [firstWords(outpost)] : differences(old, outpost);
    return words.map((change) => ({ outpost, change }));
  });
}

function firstWords({ region, last_seen, cert_expires_at }: Outpost): string {
  return `in ${region}, ${last_seen === null ? 'never seen' : `seen ${last_seen}`}, certificate until ${cert_expires_at ?? 'unknown'}`;
}

function differences(old: Outpost, now: Outpost): string[] {
  const words: string[] = [];
  if (old.status !== now.status) words.push(`was ${old.status}`);
  if (old.cert_expires_at !== now.cert_expires_at) words.push(`new certificate, until ${now.cert_expires_at}`);
  if (old.last_seen === null && now.last_seen !== null) words.push('first heartbeat');
  if (old.outpost_version !== now.outpost_version) words.push(`version ${now.outpost_version}`);
  if (old.policy_version !== now.policy_version) words.push(`policy ${now.policy_version}`);
  return words;
}
