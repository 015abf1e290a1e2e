import { keyTable, useKeysSwitch } from '../../keys/use-keys.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Switch } from '../../parts/switch.tsx';
import { paletteWords } from '../../words/palette.ts';
import styles from './key-list.module.css';

/** Every key that does something on this page, and the switch that turns them off. */
export function KeyList({ close }: { readonly close: () => void }) {
  const [areOn, turn] = useKeysSwitch();
  return (
    <Dialog title={paletteWords.keys} close={close}>
      <p className={styles.hint}>{paletteWords.keysHint}</p>
      <Switch isOn={areOn} turn={turn}>
        {paletteWords.keysOn}
      </Switch>
      <dl className={styles.keys}>
        {keyTable.list().map(({ keys, what }) => (
          <div key={keys} className={styles.key}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key.replace('Control+', 'Ctrl+')}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
