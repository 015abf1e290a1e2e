import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../api/call.ts';
import { Field, FieldRow } from '../../parts/field.tsx';
import { numberOf, textOf, wordsOf } from '../../parts/form-dialog.tsx';
import { Failure } from '../../parts/states.tsx';
import { fleetWords } from '../../words/fleet.ts';
import styles from './join.module.css';
import { clusterNamesQuery, type JoinSecret } from './queries.ts';

const words = fleetWords.join;

const KINDS = ['once', 'many'] as const;
type Kind = (typeof KINDS)[number];

const EXPIRES_MS: Readonly<Record<string, number>> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** A token for one machine, or an enrolment key for several. */
export function MakeSecret({ made }: { readonly made: (secret: JoinSecret) => void }) {
  const [kind, setKind] = useState<Kind>('once');
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: (form: FormData) => (kind === 'once' ? makeToken(form) : makeKey(form)),
    onSuccess: (secret) => {
      void queries.invalidateQueries({ queryKey: ['join'] });
      made(secret);
    },
  });
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    making.mutate(new FormData(event.currentTarget));
  };
  return (
    <form className={styles.form} onSubmit={send}>
      <fieldset className={styles.kinds}>
        <legend className="hidden-but-read">{words.kind}</legend>
        {KINDS.map((one) => (
          <label key={one} className={styles.kind}>
            <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
            {words[one]}
          </label>
        ))}
      </fieldset>
      {kind === 'once' ? <TokenFields /> : <KeyFields />}
      <Field label={words.tags} hint={words.tagsHint}>
        {(ids) => <input {...ids} name="tags" placeholder="web, rack-4" autoComplete="off" spellCheck={false} />}
      </Field>
      {making.error !== null && <Failure error={making.error} />}
      <button type="submit" className="primary" disabled={making.isPending}>
        {words.make}
      </button>
    </form>
  );
}

function TokenFields() {
  return (
    <Field label={words.name} hint={words.nameHint}>
      {(ids) => <input {...ids} name="name" maxLength={255} autoComplete="off" />}
    </Field>
  );
}

function KeyFields() {
  const clusters = useQuery(clusterNamesQuery);
  return (
    <>
      <FieldRow>
        <Field label={words.keyName} hint={words.keyNameHint}>
          {(ids) => <input {...ids} name="name" maxLength={255} autoComplete="off" />}
        </Field>
        <Field label={words.cluster}>
          {(ids) => (
            <select {...ids} name="cluster">
              {clusters.data?.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
      </FieldRow>
      <FieldRow>
        <Field label={words.uses} hint={words.usesHint}>
          {(ids) => <input {...ids} name="uses" type="number" min={1} defaultValue={10} />}
        </Field>
        <Field label={words.expires}>
          {(ids) => (
            <select {...ids} name="expires" defaultValue="day">
              {Object.entries(words.expiresIn).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </FieldRow>
    </>
  );
}

async function makeToken(form: FormData): Promise<JoinSecret> {
  const madeAt = Date.now();
  const body = { name: textOf(form, 'name'), tags: wordsOf(form, 'tags') };
  const { token, expires_at } = await call('POST /v1/edge/enrollment-tokens', { body });
  return { secret: token, madeAt, expiresAt: expires_at };
}

async function makeKey(form: FormData): Promise<JoinSecret> {
  const madeAt = Date.now();
  const ms = EXPIRES_MS[textOf(form, 'expires') ?? ''];
  const { data } = await call('POST /api/v1/clusters/{cluster_name}/enrollment_keys', {
    path: { cluster_name: textOf(form, 'cluster') ?? '' },
    body: {
      name: textOf(form, 'name') ?? null,
      tags: wordsOf(form, 'tags'),
      uses_remaining: numberOf(form, 'uses') ?? null,
      expired_at: ms === undefined ? null : new Date(madeAt + ms).toISOString(),
    },
  });
  return { secret: data.key, madeAt, expiresAt: data.expired_at };
}
