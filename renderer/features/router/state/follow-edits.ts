// After every edit the test line decides again, and the held-out prompts are measured again where that costs nothing.
import { measureAgain } from './router-measure.ts';
import { testAgain } from './router-test.ts';
import { useRouter } from './router-store.ts';

let following = false;

/** Works once. */
export function followEdits(): void {
  if (following) return;
  following = true;
  useRouter.subscribe(({ document }, before) => {
    if (document === undefined || document.file.id !== before.document?.file.id) return;
    const changed =
      document.manifest !== before.document.manifest || document.moved !== before.document.moved;
    if (!changed) return;
    testAgain();
    measureAgain();
  });
}
