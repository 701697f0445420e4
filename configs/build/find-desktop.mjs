// Whether Electron's window can open on this machine, with its sandbox. Where it cannot, the reason is one that the user can
// act on; the sandbox is never switched off to make it run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const linux = process.platform === 'linux';

/** True when a window or a browser can be shown. */
export function hasDisplay() {
  return !linux || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** `{ program, version }` of an Electron that can run, or `{ reason }`. */
export function findDesktop(root) {
  if (!hasDisplay()) return { reason: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY)' };
  // Chromium refuses its sandbox to root; nothing more needs to be looked at or downloaded.
  if (linux && process.getuid?.() === 0) {
    return {
      reason:
        "Electron's sandbox does not run as root; start as another user for the desktop window",
    };
  }
  const folder = electronFolder(root);
  if (folder === undefined) {
    return {
      reason:
        "Electron's binary is not there and could not be downloaded (ELECTRON_OVERRIDE_DIST_PATH may name one)",
    };
  }
  const program = programIn(folder);
  if (!existsSync(program)) return { reason: `${folder} has no Electron binary` };
  const resources =
    process.platform === 'darwin'
      ? join(folder, 'Electron.app/Contents/Resources')
      : join(folder, 'resources');
  if (!existsSync(join(resources, 'default_app.asar'))) {
    return {
      reason: `the Electron in ${folder} runs packaged programs only (no default_app.asar)`,
    };
  }
  const problem = linux ? (missingLibraries(program) ?? missingSandbox(folder)) : undefined;
  if (problem !== undefined) return { reason: problem };
  return { program, version: versionOf(program) };
}

function programIn(folder) {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  return join(folder, names[process.platform] ?? 'electron');
}

/** The folder that is named, or that the package has; downloads it when it is missing. */
function electronFolder(root) {
  const named = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (named) return named;
  const folder = join(root, 'node_modules/electron/dist');
  if (existsSync(programIn(folder))) return folder;
  const installer = join(root, 'node_modules/electron/install.js');
  if (!existsSync(installer)) return undefined;
  console.log('Downloading Electron (about 120 MB) ...');
  spawnSync(process.execPath, [installer], {
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 300_000,
  });
  return existsSync(programIn(folder)) ? folder : undefined;
}

function versionOf(program) {
  const { stdout } = spawnSync(program, ['-p', 'process.versions.electron'], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  return (stdout ?? '').trim();
}

function missingLibraries(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  const names = [...(stdout ?? '').matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
  if (names.length === 0) return undefined;
  return `Electron needs libraries that are not installed (${names.slice(0, 4).join(', ')})`;
}

/** Chromium needs unprivileged user namespaces, or its helper set up as root's. Containers often have neither. */
function missingSandbox(folder) {
  const { status } = spawnSync('unshare', ['--user', '--map-root-user', 'true'], {
    stdio: 'ignore',
  });
  if (status === 0 && !isRestricted()) return undefined;
  const helper = join(folder, 'chrome-sandbox');
  const { uid, mode } = existsSync(helper) ? statSync(helper) : { uid: -1, mode: 0 };
  if (uid === 0 && (mode & 0o4000) !== 0) return undefined;
  return `Electron's sandbox cannot start here: this system lets programs make no user namespaces (to allow it: sudo chown root:root ${helper} && sudo chmod 4755 ${helper})`;
}

/** Ubuntu 24.04 lets `unshare` start, but takes away what Chromium needs inside. */
function isRestricted() {
  try {
    const file = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';
    return readFileSync(file, 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
