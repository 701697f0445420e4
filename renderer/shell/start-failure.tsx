// Instead of the window when the studio does not answer at the start.
import { Button } from '#renderer/ui/button.tsx';
import { describeError } from '#renderer/ui/describe-error.ts';
import { EmptyState } from '#renderer/ui/empty-state.tsx';

export function StartFailure({ error }: { error: unknown }) {
  const described = describeError(error);
  return (
    <main style={{ height: '100%' }} role="alert">
      <EmptyState
        title="The studio could not be reached"
        text={
          <>
            <p>{described?.message ?? 'The connection was closed.'}</p>
            {described?.hint !== undefined && <p>{described.hint}</p>}
          </>
        }
        actions={
          <Button variant="primary" onClick={() => window.location.reload()}>
            Try again
          </Button>
        }
      />
    </main>
  );
}
