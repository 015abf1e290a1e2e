import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '#test/support/installation.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy/nginx', import.meta.url));

export interface Nginx {
  readonly port: number;
  /** Fetches the lists and reloads, as the timer does. */
  refresh(): void;
  log(): string;
  stop(): Promise<void>;
}

/** A real nginx with `deploy/nginx/garrison.conf`; only its paths, ports and name are this test's. */
export async function startNginx({ directory, api, port }: NginxOptions): Promise<Nginx> {
  mkdirSync(join(directory, 'logs'), { recursive: true });
  serverCertificate(directory);
  const site = readFileSync(join(DEPLOY, 'garrison.conf'), 'utf8')
    .replaceAll('/etc/garrison/nginx', directory)
    .replace('127.0.0.1:7070', new URL(api).host)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('server_name fleet.example.com', 'server_name localhost');
  const configuration = join(directory, 'nginx.conf');
  writeFileSync(configuration, mainConfiguration(directory, site));
  const command = `nginx -c ${configuration} -p ${directory}`;
  const refresh = (nginx: string) => {
    const script = join(DEPLOY, 'refresh-revocation-lists.sh');
    execFileSync(script, [api, directory], { env: { ...process.env, NGINX: nginx }, stdio: 'pipe' });
  };
  refresh('true'); // nothing to reload yet
  const child = spawn('nginx', ['-c', configuration, '-p', directory, '-g', 'daemon off;'], { stdio: 'ignore' });
  await until('nginx listens', () => isListening(port)).catch((error) => {
    child.kill('SIGTERM');
    throw error;
  });
  const log = () => readFileSync(join(directory, 'logs/error.log'), 'utf8');
  return {
    port,
    log,
    refresh: () => refresh(command),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

interface NginxOptions {
  readonly directory: string;
  /** Base URL of the plain listener. */
  readonly api: string;
  readonly port: number;
}

function mainConfiguration(directory: string, site: string): string {
  return `
    pid ${directory}/nginx.pid;
    error_log ${directory}/logs/error.log info;
    events {}
    http {
      access_log off;
      client_body_temp_path ${directory}/tmp-body;
      proxy_temp_path ${directory}/tmp-proxy;
      fastcgi_temp_path ${directory}/tmp-fastcgi;
      uwsgi_temp_path ${directory}/tmp-uwsgi;
      scgi_temp_path ${directory}/tmp-scgi;
      add_header X-Subject $ssl_client_s_dn always;
      ${site}
    }`;
}

function serverCertificate(directory: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key'];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-days', '1', '-out', 'server.pem'], {
    cwd: directory,
    stdio: 'pipe',
  });
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}
