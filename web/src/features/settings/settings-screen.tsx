import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Filter } from '../../parts/filter.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Switch } from '../../parts/switch.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { type SettingInForce, settingsQuery } from './queries.ts';
import { settingsRoute } from './routes.ts';
import styles from './settings-screen.module.css';

const words = accessWords.settings;

const COLUMNS: readonly TableColumn<SettingInForce>[] = [
  { name: 'name', title: words.columns.name, cell: ({ name }) => <code>{name}</code> },
  {
    name: 'value',
    title: words.columns.value,
    cell: (setting) => <span className={styles.value}>{valueInForce(setting)}</span>,
  },
  {
    name: 'source',
    title: words.columns.source,
    cell: ({ from }) => (from === null ? words.byDefault : <code>{from}</code>),
  },
  {
    name: 'about',
    title: words.columns.about,
    isFlexible: true,
    cell: ({ description }) => <span title={description}>{description}</span>,
  },
];

/** How the controller that answers is set up: those that somebody has set first, the others when they are asked for. */
export function SettingsScreen() {
  const { text, all } = useSearch({ from: settingsRoute.id });
  const navigate = useNavigate({ from: settingsRoute.fullPath });
  const query = useQuery(settingsQuery);
  const isOnlySet = all !== true && text === undefined;
  return (
    <Page title={words.title}>
      <p className={styles.hint}>{words.hint}</p>
      <div className={styles.line}>
        <Filter
          label={words.filter}
          fields={[{ name: 'text', label: words.filter, value: text, placeholder: 'webhook' }]}
          apply={(values) => void navigate({ search: { text: values.text, all } })}
        />
        <Switch isOn={isOnlySet} turn={(isOn) => void navigate({ search: { all: isOn ? undefined : true } })}>
          {words.onlySet}
        </Switch>
      </div>
      <Loaded query={query}>
        {({ items }) => {
          const shown = items.filter((one) => (isOnlySet ? one.source !== 'default' : matches(one, text)));
          if (shown.length === 0) return <Empty title={text === undefined ? words.none : words.noMatch} />;
          return <Table label={words.title} columns={COLUMNS} rows={shown} keyOf={({ name }) => name} />;
        }}
      </Loaded>
    </Page>
  );
}

function valueInForce({ value, is_secret, is_set, when_unset }: SettingInForce): string {
  if (is_secret && is_set) return words.secret;
  return value ?? when_unset ?? words.unset;
}

function matches({ name, description }: SettingInForce, text: string | undefined): boolean {
  return text === undefined || `${name} ${description}`.toLowerCase().includes(text.toLowerCase());
}
