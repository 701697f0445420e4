// Packages the desktop program with electron-builder. Without words: an unpacked folder for this machine. `--test` leaves the
// debugger's switch on, which Playwright needs. `ELECTRON_DIST` names an unpacked Electron to use instead of downloading
// one: on a machine without a network, or with an older runtime in CI. Other words go to electron-builder (`--linux deb`).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const words = process.argv.slice(2);
const forTests = words.includes('--test');
const passedOn = words.filter((word) => word !== '--test');

const settings = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
if (forTests) {
  settings.electronFuses.enableNodeCliInspectArguments = true;
  settings.directories.output = '.cache/test-package';
}
const electronFolder = process.env.ELECTRON_DIST;
if (electronFolder) {
  settings.electronDist = resolve(electronFolder);
  settings.electronVersion = versionOf(settings.electronDist);
  // This fuse came with Electron 29; a binary without it cannot be told.
  if (Number.parseInt(settings.electronVersion, 10) < 29) {
    delete settings.electronFuses.grantFileProtocolExtraPrivileges;
  }
}

function versionOf(folder) {
  const binary = join(folder, process.platform === 'win32' ? 'electron.exe' : 'electron');
  if (!existsSync(binary)) {
    console.error(`ELECTRON_DIST=${folder} has no Electron binary (${binary}).`);
    process.exit(2);
  }
  const { stdout } = spawnSync(binary, ['-p', 'process.versions.electron'], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  return stdout.trim();
}

function run(script, scriptWords) {
  const { status } = spawnSync(process.execPath, [script, ...scriptWords], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) return;
  if (!electronFolder) {
    console.error(
      'Without a network, set ELECTRON_DIST to the folder of an unpacked Electron (.ci/get-electron FOLDER gets one).',
    );
  }
  process.exit(status ?? 70);
}

run('configs/build/build.mjs', ['--clean']);
const settingsFile = join(root, '.cache', `electron-builder-${forTests ? 'test' : 'release'}.json`);
mkdirSync(join(root, '.cache'), { recursive: true });
writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
run('node_modules/electron-builder/cli.js', [
  ...(passedOn.length === 0 ? ['--dir'] : passedOn),
  '--config',
  settingsFile,
  '--publish',
  'never',
]);
