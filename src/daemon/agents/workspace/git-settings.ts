/** What git is told wherever we run it: nothing of a repository is executed, and nobody is asked anything. */
export function gitEnvironment(protocol: string | undefined): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/tmp',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/run/garrison/gitconfig',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    /** Empty: none. */
    GIT_ALLOW_PROTOCOL: protocol ?? '',
  };
}

/** The only configuration git reads beside a repository's own, in the place of those of the system and of a user. */
export const GIT_CONFIG = `[safe]
	directory = *
[core]
	hooksPath = /dev/null
	fsmonitor = false
	autocrlf = false
	attributesFile = /dev/null
	excludesFile = /dev/null
	untrackedCache = false
	sshCommand = ssh -oBatchMode=yes
[protocol]
	allow = user
[submodule]
	recurse = false
[fetch]
	recurseSubmodules = false
	fsckObjects = true
[transfer]
	fsckObjects = true
	credentialsInUrl = die
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
[init]
	defaultBranch = main
[user]
	name = Garrison
	email = garrison@localhost
`;

/** Where the credentials for the git host are, while it fetches. */
export const CREDENTIALS_FILE = '/run/garrison-credentials'; // not below /run/garrison, which is a bind that nothing can be put into

export const CREDENTIAL_CONFIG = `[credential]
	helper =
	helper = store --file ${CREDENTIALS_FILE}
	useHttpPath = false
`;

/** As `git-credential-store` reads it. */
export function credentialsLine(url: string, { username, password }: GitCredentials): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}\n`;
}

export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}
