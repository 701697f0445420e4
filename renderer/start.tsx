// Connects to the studio, then draws the window; when nothing answers, says so with a way on.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '#renderer/app.tsx';
import { StartFailure } from '#renderer/shell/start-failure.tsx';
import { startStudioStore } from '#renderer/stores/studio-store.ts';
import { connectToStudio } from '#renderer/studio-client.ts';

export async function startWindow(element: HTMLElement): Promise<void> {
  const root = createRoot(element);
  try {
    await startStudioStore(await connectToStudio());
  } catch (error) {
    root.render(<StartFailure error={error} />);
    return;
  }
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
