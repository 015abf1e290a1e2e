import { expect, test } from 'vitest';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { explainConnection } from './explain-connection.ts';

const attempt = { host: 'db', port: 5432, user: 'u', database: 'd', setting: 'DATABASE_URL' };

const coded = (code: string, message = 'what the other side says') => Object.assign(new Error(message), { code });

test.each([
  ['a server that starts', coded('57P03'), 'unavailable', /is not ready: what the other side says.*try again/],
  ['one that is full', coded('53300'), 'unavailable', /max_connections/],
  ['a name server that is silent', coded('EAI_AGAIN'), 'unavailable', /resolv\.conf/],
  ['a host that is silent', coded('ETIMEDOUT'), 'unavailable', /does not answer.*firewall/],
  ['a host that cannot be reached', coded('EHOSTUNREACH'), 'unavailable', /does not answer/],
  ['a port that is silent', new Error('timeout expired'), 'unavailable', /does not answer/],
  ['a socket of others', coded('EACCES'), 'forbidden', /may not use the socket/],
  ['a certificate that has ended', coded('CERT_HAS_EXPIRED'), 'invalid', /clock of this machine says 20/],
  ['a failed handshake', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'invalid', /what the other side says/],
  [
    'several addresses',
    Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
    'unavailable',
    /Nobody listens/,
  ],
  ['what nobody has thought of', coded('XX000'), 'unavailable', /what the other side says/],
  ['no error at all', undefined, 'unavailable', /db:5432/],
])('%s is explained', (_name, error, code, words) => {
  const explained = explainConnection(error, attempt);
  expect(explained).toMatchObject({ code });
  expect(explained.message).toMatch(words);
});

test('what is explained already stays as it is', () => {
  const refusal = new FleetError('invalid', 'no');
  expect(explainConnection(refusal, attempt)).toBe(refusal);
});
