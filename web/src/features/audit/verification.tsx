import { useMutation } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { accessWords } from '../../words/access.ts';
import type { Verdict } from './queries.ts';
import styles from './verification.module.css';

/** Has the controller compute every hash of the log again. */
export function Verification() {
  const verifying = useMutation({ mutationFn: () => call('GET /v1/audit/verification') });
  return (
    <>
      <Action scope="audit.read" act={() => verifying.mutate()}>
        <ShieldCheck size={15} aria-hidden />
        {accessWords.audit.verify}
      </Action>
      {!verifying.isIdle && (
        <Dialog title={accessWords.audit.verify} close={verifying.reset}>
          {verifying.isPending && <Loading rows={2} />}
          {verifying.error !== null && <Failure error={verifying.error} retry={() => verifying.mutate()} />}
          {verifying.data !== undefined && <Outcome verdict={verifying.data} />}
        </Dialog>
      )}
    </>
  );
}

function Outcome({ verdict: { is_intact, rows, broken_at, reason, head } }: { readonly verdict: Verdict }) {
  const Icon = is_intact ? ShieldCheck : ShieldAlert;
  return (
    <div className={styles.outcome}>
      <p className={styles.verdict} data-intact={is_intact} role="status">
        <Icon size={18} aria-hidden />
        {is_intact ? accessWords.audit.intact(rows) : accessWords.audit.broken(broken_at ?? 0)}
      </p>
      {reason !== null && <p>{accessWords.audit.reasons[reason]}</p>}
      <h3>{accessWords.audit.head}</h3>
      <p className={styles.hint}>{accessWords.audit.headHint}</p>
      <CopyText text={`${head.position}:${head.hash}`} label={accessWords.audit.head} />
    </div>
  );
}
