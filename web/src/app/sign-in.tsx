import { useQueryClient } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Mark } from '../parts/mark.tsx';
import { useTitle } from '../parts/page.tsx';
import { words } from '../words/words.ts';
import type { LinkOutcome } from './exchange-link.ts';
import { issuerAddress, type Refusal, SESSION, type SignInWays, signInWithKey } from './session.ts';
import styles from './sign-in.module.css';

const ABOUT_LINK: Readonly<Record<LinkOutcome, string | undefined>> = {
  none: undefined,
  'signed-in': undefined,
  used: words.signIn.linkUsed,
  failed: words.signIn.linkFailed,
};

/** A key is exchanged for a session at once and is kept nowhere in the browser. */
export function SignIn({ ways, refused }: { readonly ways: SignInWays; readonly refused: Refusal | null }) {
  useTitle(words.signIn.title);
  const { link } = useRouteContext({ from: '__root__' });
  const aboutLink = ABOUT_LINK[link];
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Mark size={28} />
          <h1>{words.signIn.title}</h1>
        </div>
        {aboutLink !== undefined && (
          <div role="alert" className={styles.notice}>
            <p>{aboutLink}</p>
            <p>
              {words.signIn.newLink} <code>garrison console</code>
            </p>
          </div>
        )}
        {refused !== null && (
          <div role="alert" className={styles.notice}>
            <p>{words.signIn.refused}</p>
            <p>{refused.message}</p>
            <p className={styles.hint}>
              <code>{refused.code}</code> {words.states.requestId} <code>{refused.requestId}</code>
            </p>
          </div>
        )}
        {ways.oidc.map(({ issuer, name }) => (
          <a key={issuer} className={styles.issuer} href={issuerAddress(issuer)}>
            {words.signIn.withIssuer(name)}
          </a>
        ))}
        {ways.oidc.length > 0 && <p className={styles.or}>{words.signIn.or}</p>}
        <KeyForm />
        <p className={styles.hint}>
          {words.signIn.hint} <code>garrison console</code>
        </p>
      </div>
    </main>
  );
}

function KeyForm() {
  const queries = useQueryClient();
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly problem?: string }>({ isBusy: false });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const key = String(new FormData(form).get('key') ?? '').trim();
    if (key === '') return;
    setState({ isBusy: true });
    try {
      await signInWithKey(key);
      form.reset();
      await queries.invalidateQueries({ queryKey: SESSION });
    } catch (error) {
      setState({ isBusy: false, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className={styles.form}>
      <label htmlFor="key">{words.signIn.key}</label>
      <input
        id="key"
        name="key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        aria-describedby={state.problem === undefined ? undefined : 'key-problem'}
        aria-invalid={state.problem !== undefined}
      />
      {state.problem !== undefined && (
        <p id="key-problem" role="alert" className={styles.problem}>
          {state.problem}
        </p>
      )}
      <button type="submit" className="primary" disabled={state.isBusy}>
        {state.isBusy ? words.signIn.busy : words.signIn.submit}
      </button>
    </form>
  );
}
