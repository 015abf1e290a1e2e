import { Type } from 'typebox';
import { MAX_PUBLIC_KEY_LENGTH } from '#core/ssh/openssh-key.ts';
import {
  MAX_KEY_NAME_LENGTH,
  MAX_PASSWORD_LENGTH,
  MAX_USERNAME_LENGTH,
  MIN_PASSWORD_LENGTH,
  MIN_USERNAME_LENGTH,
  USERNAME_PATTERN,
} from '#core/ssh/ssh-username.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { nullable, times, uuid } from './shapes.ts';

const USERNAME_WORDS = 'of lower-case letters, digits, _ and -, with a letter or _ first';

const publicKeyText = Type.String({
  maxLength: MAX_PUBLIC_KEY_LENGTH,
  description: 'OpenSSH: algorithm, base64, comment; the form of the contract is read by hand',
});

export const SshUsernameCreate = Type.Object({
  username: Type.String({
    minLength: MIN_USERNAME_LENGTH,
    maxLength: MAX_USERNAME_LENGTH,
    pattern: pattern(USERNAME_PATTERN, USERNAME_WORDS),
    description: 'Unique on its node',
  }),
  password: Type.Optional(
    nullable(Type.String({ minLength: MIN_PASSWORD_LENGTH, maxLength: MAX_PASSWORD_LENGTH }), {
      description: 'Kept as Argon2id; never shown',
    }),
  ),
  public_keys: Type.Optional(
    nullable(
      Type.Array(
        Type.Object({
          key_name: Type.String({ maxLength: MAX_LENGTH.value, description: 'Unique among the keys of the username' }),
          public_key: publicKeyText,
        }),
        { maxItems: MAX_ITEMS.parts },
      ),
      { description: 'All of them are taken, or the username is not made' },
    ),
  ),
});

export const SshPublicKeyCreate = Type.Object({
  key_name: Type.String({
    minLength: 1,
    maxLength: MAX_KEY_NAME_LENGTH,
    description: 'Unique among the keys of the username',
  }),
  public_key: publicKeyText,
});

export const SshPublicKey = Type.Object({
  id: uuid('Key id'),
  ssh_username_id: uuid('Whose it is'),
  key_name: Type.String(),
  public_key: Type.String(),
  ...times,
});

export const SshUsername = Type.Object({
  id: uuid('SSH username id'),
  node_id: uuid('Node that the username may log in on'),
  username: Type.String(),
  has_password: Type.Boolean(),
  public_keys: Type.Array(SshPublicKey),
  ...times,
});
