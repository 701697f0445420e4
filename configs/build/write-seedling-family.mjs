// Writes assets/seedling-family/router.json: builds the embedded family with the built command line in a fresh state folder
// and keeps the bundled family's manifest. Run after `npm run build`: node configs/build/write-seedling-family.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'gguf-studio-family-'));
try {
  const studio = (...words) =>
    execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words], {
      cwd: home,
      env: { ...process.env, GGUF_STUDIO_HOME: home },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  // Copies the workspace there.
  studio('library', '--quiet');
  const workspace = join(home, 'seedling');
  studio('build', join(workspace, 'seedling.recipe.json'), '--quiet');
  const target = join(root, 'assets/seedling-family');
  mkdirSync(target, { recursive: true });
  copyFileSync(
    join(workspace, 'outputs/seedling/bundled/router.json'),
    join(target, 'router.json'),
  );
  console.log('assets/seedling-family/router.json');
} finally {
  rmSync(home, { recursive: true, force: true });
}
