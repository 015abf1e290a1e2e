import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  CertificateRequest,
  NewAuthority,
  RevocationEntry,
  SignedCertificate,
  Signer,
} from '#core/certificates/pki.ts';
import { encodePem } from '#runtime/pem.ts';
import { pki } from './pki.ts';

const DAY_MS = 86_400_000;
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const later = (days: number) => new Date(now.getTime() + days * DAY_MS);

let dir: string;
let root: NewAuthority;
let intermediate: NewAuthority;
let rootSigner: Signer;
let signer: Signer;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'garrison-pki-'));
  root = pki.createAuthority({ commonName: 'Test root', notBefore: now, notAfter: later(7300) });
  rootSigner = pki.openSigner(root.certificate.pem, root.privateKeyPem);
  intermediate = pki.createAuthority(
    { commonName: 'Test intermediate', notBefore: now, notAfter: later(1825) },
    rootSigner,
  );
  signer = pki.openSigner(intermediate.certificate.pem, intermediate.privateKeyPem);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' });

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(dir, name), content);
  return name;
}

function leaf(overrides: Partial<CertificateRequest> = {}): SignedCertificate {
  return pki.signCertificate(signer, {
    commonName: 'a node',
    publicKey: pki.createKeyPair().publicKey,
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: later(90),
    usage: 'client',
    uris: ['spiffe://garrison.internal/org/1/node/2'],
    ...overrides,
  });
}

describe('authorities', () => {
  test('the root is self-signed, lives 20 years and may sign intermediates', () => {
    const text = openssl('x509', '-noout', '-text', '-in', file('root.pem', root.certificate.pem));
    expect(text).toContain('CA:TRUE, pathlen:1');
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(openssl('verify', '-x509_strict', '-check_ss_sig', '-CAfile', 'root.pem', 'root.pem')).toContain('OK');
    expect(new X509Certificate(root.certificate.pem).validToDate).toEqual(later(7300));
  });

  test('the intermediate is signed by the root and may sign leaves only', () => {
    const text = openssl('x509', '-noout', '-text', '-in', file('intermediate.pem', intermediate.certificate.pem));
    expect(text).toContain('CA:TRUE, pathlen:0');
    expect(
      openssl('verify', '-x509_strict', '-CAfile', file('root.pem', root.certificate.pem), 'intermediate.pem'),
    ).toContain('OK');
    const beneath = pki.createAuthority({ commonName: 'Beneath', notBefore: now, notAfter: later(1) }, signer);
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    expect(() =>
      openssl(
        'verify',
        '-CAfile',
        chain,
        '-untrusted',
        file('b.pem', beneath.certificate.pem),
        file('x.pem', leafOf(beneath)),
      ),
    ).toThrow(/path length constraint exceeded/);
  });

  test('a key of another authority is noticed', () => {
    expect(() => pki.openSigner(root.certificate.pem, intermediate.privateKeyPem)).toThrow(/another authority/);
  });

  function leafOf(authority: NewAuthority): string {
    const beneath = pki.openSigner(authority.certificate.pem, authority.privateKeyPem);
    const { publicKey } = pki.createKeyPair();
    return pki.signCertificate(beneath, {
      commonName: 'x',
      publicKey,
      notBefore: now,
      notAfter: later(1),
      usage: 'client',
      uris: ['a:b'],
    }).pem;
  }
});

describe('leaves', () => {
  test('a client certificate says what it is for, to OpenSSL and to Node', () => {
    const certificate = leaf();
    const text = openssl('x509', '-noout', '-text', '-in', file('leaf.pem', certificate.pem));
    expect(text).toContain('CA:FALSE');
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/X509v3 Extended Key Usage:\s+TLS Web Client Authentication\n/);
    expect(text).toContain('URI:spiffe://garrison.internal/org/1/node/2');
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    expect(openssl('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', chain, 'leaf.pem')).toContain('OK');
    expect(() => openssl('verify', '-purpose', 'sslserver', '-CAfile', chain, 'leaf.pem')).toThrow(
      /unsuitable certificate purpose|unsupported certificate purpose/,
    );

    const read = new X509Certificate(certificate.pem);
    expect(read.serialNumber).toBe(certificate.serial);
    expect(read.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(certificate.fingerprint.toString('hex'));
    expect(read.verify(createPublicKey(intermediate.certificate.pem))).toBe(true);
    expect(read.validToDate).toEqual(certificate.notAfter);
    expect(read.validFromDate).toEqual(certificate.notBefore);
  });

  test('a server certificate carries the names and addresses it is reached by', () => {
    const certificate = leaf({
      usage: 'server',
      uris: [],
      dnsNames: ['fleet.example.com'],
      ipAddresses: ['192.0.2.7', '2001:db8::7'],
    });
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    const path = file('server.pem', certificate.pem);
    for (const name of [
      ['-verify_hostname', 'fleet.example.com'],
      ['-verify_ip', '192.0.2.7'],
      ['-verify_ip', '2001:db8::7'],
    ]) {
      expect(openssl('verify', '-purpose', 'sslserver', ...name, '-CAfile', chain, path), name.join(' ')).toContain(
        'OK',
      );
    }
    expect(() => openssl('verify', '-verify_hostname', 'other.example.com', '-CAfile', chain, path)).toThrow(
      /hostname mismatch/i,
    );
  });

  test('a common name beyond the 64 characters of X.520 is written whole and read whole', () => {
    const commonName = `outpost-${'a'.repeat(36)}-${'b'.repeat(36)}.arbitex.internal`;
    const certificate = leaf({ commonName });
    expect(commonName).toHaveLength(98);
    expect(
      openssl('x509', '-noout', '-subject', '-nameopt', 'RFC2253', '-in', file('long.pem', certificate.pem)).trim(),
    ).toBe(`subject=CN=${commonName}`);
    expect(new X509Certificate(certificate.pem).subject).toBe(`CN=${commonName}`);
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    expect(openssl('verify', '-CAfile', chain, 'long.pem')).toContain('OK');
  });

  test('instants after 2049 are written in the longer form', () => {
    expect(new X509Certificate(leaf({ notAfter: new Date('2051-02-03T04:05:06Z') }).pem).validToDate).toEqual(
      new Date('2051-02-03T04:05:06Z'),
    );
  });

  test('serials are positive, random and written one way', () => {
    const serials = Array.from({ length: 200 }, () => leaf().serial);
    expect(new Set(serials).size).toBe(200);
    for (const serial of serials) expect(serial).toMatch(/^[1-7][0-9A-F]{31}$/);
  });

  test('the private key of a pair is SEC1 and belongs to the public one', () => {
    const { privateKeyPem, publicKey } = pki.createKeyPair();
    expect(privateKeyPem).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
    expect(new X509Certificate(leaf({ publicKey }).pem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  });
});

describe('signing requests', () => {
  const fromOpenssl = (...key: string[]) => {
    openssl(
      'req',
      '-new',
      '-newkey',
      ...key,
      '-nodes',
      '-keyout',
      'req.key',
      '-subj',
      '/CN=who cares',
      '-outform',
      'DER',
      '-out',
      'req.der',
    );
    return execFileSync('openssl', ['req', '-in', 'req.der', '-inform', 'DER', '-outform', 'DER'], { cwd: dir });
  };
  const p256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

  test.each([
    ['P-256', p256],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['Ed25519', ['ed25519']],
  ])('a request of OpenSSL with a %s key is read, and a certificate over its key belongs to the key', (_, key) => {
    const request = pki.readSigningRequest(fromOpenssl(...key));
    if (!request.isAccepted) throw new Error(request.problem);
    const certificate = new X509Certificate(leaf({ publicKey: request.publicKey }).pem);
    const privateKey = createPrivateKey(execFileSync('openssl', ['pkey', '-in', 'req.key'], { cwd: dir }));
    expect(certificate.checkPrivateKey(privateKey)).toBe(true);
  });

  test.each([
    ['an RSA key', ['rsa:2048'], /another kind/],
    ['a key on another curve', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], /another kind/],
    [
      'a key with its curve spelled out',
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
      /another kind/,
    ],
    ['a weak hash', [...p256, '-sha1'], /algorithm/],
  ])('a request with %s is refused', (_, key, problem) => {
    expect(pki.readSigningRequest(fromOpenssl(...key))).toEqual({
      isAccepted: false,
      problem: expect.stringMatching(problem),
    });
  });

  test('a request whose key was exchanged after signing is refused', () => {
    const der = fromOpenssl(...p256);
    const mine = createPublicKey(
      createPrivateKey(execFileSync('openssl', ['pkey', '-in', 'req.key'], { cwd: dir })),
    ).export({ type: 'spki', format: 'der' });
    const other = pki.createKeyPair().publicKey;
    const forged = Buffer.from(der.toString('hex').replace(mine.toString('hex'), other.toString('hex')), 'hex');
    expect(forged.equals(der)).toBe(false);
    expect(pki.readSigningRequest(forged)).toEqual({ isAccepted: false, problem: 'is not signed by the key it holds' });
  });

  test('a change of any byte, and every truncation, is refused without an exception', () => {
    const der = fromOpenssl(...p256);
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x21;
      expect(pki.readSigningRequest(changed).isAccepted, `byte ${at}`).toBe(false);
      expect(pki.readSigningRequest(der.subarray(0, at)).isAccepted, `cut at ${at}`).toBe(false);
    }
    expect(pki.readSigningRequest(Buffer.concat([der, Buffer.of(0)])).isAccepted).toBe(false);
  });

  test('a request of a megabyte is refused unread', () => {
    expect(pki.readSigningRequest(Buffer.alloc(1 << 20, 0x30))).toMatchObject({
      problem: expect.stringMatching(/larger/),
    });
  });

  test('a signature is checked against a stored public key', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const message = Buffer.from('message');
    const signature = sign('sha256', message, privateKey);
    expect(pki.verifySignature(spki, message, signature)).toBe(true);
    expect(pki.verifySignature(spki, Buffer.from('another'), signature)).toBe(false);
    expect(pki.verifySignature(pki.createKeyPair().publicKey, message, signature)).toBe(false);
    expect(pki.verifySignature(spki, message, Buffer.from('garbage'))).toBe(false);
    expect(pki.verifySignature(Buffer.from('garbage'), message, signature)).toBe(false);
  });
});

describe('revocation lists', () => {
  const entry = (serial: string, reason: RevocationEntry['reason'] = 'cessationOfOperation'): RevocationEntry => ({
    serial,
    reason,
    revokedAt: now,
  });
  const list = (entries: RevocationEntry[], number = 7n) =>
    pki.signRevocationList(signer, { number, thisUpdate: now, nextUpdate: later(0.5), entries });

  test('OpenSSL reads number, issuer, key id, reasons and the end of the list', () => {
    const der = list(
      [
        entry('0A'.padEnd(32, '1').replace(/^0/, '1'), 'keyCompromise'),
        entry('7FFF'),
        entry('8000', 'unspecified'),
        entry('ABC'),
      ],
      4711n,
    );
    const text = openssl('crl', '-noout', '-text', '-in', file('list.pem', encodePem('X509 CRL', der)));
    expect(text).toContain('Version 2 (0x1)');
    expect(text).toContain('Issuer: CN = Test intermediate');
    expect(text).toMatch(/X509v3 CRL Number:\s+4711\n/);
    expect(text).toContain(
      signer.subjectKeyId
        .toString('hex')
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:'),
    );
    expect(text.match(/Serial Number: (\w+)/g)).toEqual([
      'Serial Number: 1A111111111111111111111111111111',
      'Serial Number: 7FFF',
      'Serial Number: 8000',
      'Serial Number: 0ABC',
    ]);
    expect(text).toContain('Key Compromise');
    expect(text).toContain('Cessation Of Operation');
    expect(text).not.toContain('Unspecified');
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    expect(
      execFileSync('sh', ['-c', `openssl crl -noout -in list.pem -CAfile ${chain} 2>&1`], {
        cwd: dir,
        encoding: 'utf8',
      }),
    ).toContain('verify OK');
  });

  test('a revoked certificate is refused by OpenSSL, its neighbour is not', () => {
    const [revoked, good] = [leaf(), leaf()];
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    const crl = file('list.pem', encodePem('X509 CRL', list([entry(revoked.serial)])));
    const check = (certificate: SignedCertificate) =>
      openssl('verify', '-crl_check', '-CAfile', chain, '-CRLfile', crl, file('leaf.pem', certificate.pem));
    expect(check(good)).toContain('OK');
    expect(() => check(revoked)).toThrow(/certificate revoked/);
  });

  test('with the list of the root beside it, the whole chain is checked', () => {
    const rootList = pki.signRevocationList(rootSigner, {
      number: 1n,
      thisUpdate: now,
      nextUpdate: later(1),
      entries: [],
    });
    const chain = file('chain.pem', intermediate.certificate.pem + root.certificate.pem);
    const crls = file('lists.pem', encodePem('X509 CRL', list([])) + encodePem('X509 CRL', rootList));
    expect(
      openssl('verify', '-crl_check_all', '-CAfile', chain, '-CRLfile', crls, file('leaf.pem', leaf().pem)),
    ).toContain('OK');
  });

  test('an empty list has no list of entries at all', () => {
    expect(openssl('crl', '-noout', '-text', '-inform', 'DER', '-in', file('list.der', list([])))).toContain(
      'No Revoked Certificates.',
    );
  });

  test('100,000 entries are a list that OpenSSL reads', () => {
    const entries = Array.from({ length: 100_000 }, (_, index) =>
      entry((0x1000_0000n + BigInt(index)).toString(16).toUpperCase()),
    );
    const text = openssl('crl', '-noout', '-crlnumber', '-inform', 'DER', '-in', file('list.der', list(entries)));
    expect(text).toMatch(/crlNumber=(0x)?0?7/i);
  }, 60_000);
});
