import { useQuery } from '@tanstack/react-query';
import { CopyText } from '../../parts/copy-text.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { workWords } from '../../words/work.ts';
import { Counts } from './attempts.tsx';
import styles from './dispatch.module.css';
import { PatchedFileView } from './patched-file.tsx';
import { artifactsQuery, type Dispatch, isOver, patchQuery } from './queries.ts';

const words = workWords.dispatches;

/** Each file that it changed; what programs have written is closed. */
export function Changes({ dispatch }: { readonly dispatch: Dispatch }) {
  const isDone = isOver(dispatch);
  const artifacts = useQuery({ ...artifactsQuery(dispatch.dispatchId), enabled: isDone });
  const artifact = artifacts.data?.find(({ key }) => key === 'changes.patch');
  const patch = useQuery({ ...patchQuery(dispatch.dispatchId, artifact), enabled: artifacts.data !== undefined });
  if (!isDone) return <p className={styles.quiet}>{words.noPatchYet}</p>;
  return (
    <Loaded<unknown> query={artifacts.error === null ? patch : artifacts} rows={3}>
      {() => {
        const files = patch.data ?? [];
        if (files.length === 0) return <Empty title={words.noChanges} />;
        const sum = (field: 'added' | 'removed') => files.reduce((all, file) => all + file[field], 0);
        return (
          <>
            <p className={styles.quiet}>
              {words.files(files.length)} <Counts added={sum('added')} removed={sum('removed')} />
            </p>
            {files.map((file) => (
              <PatchedFileView key={file.path} file={file} />
            ))}
            <CopyText text={`garrison dispatch apply ${dispatch.dispatchId}`} label={words.takeIt} />
          </>
        );
      }}
    </Loaded>
  );
}
