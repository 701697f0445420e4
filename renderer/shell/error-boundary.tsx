// Keeps a mistake in one screen from taking the window down: says what happened and how to go on.
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';

interface ErrorBoundaryProps {
  readonly screen: string;
  readonly onLeave: () => void;
  readonly children: ReactNode;
}

interface ErrorBoundaryState {
  readonly error: Error | undefined;
  readonly where: string;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: undefined, where: '' };

  static getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(_error: unknown, info: ErrorInfo): void {
    this.setState({ where: info.componentStack ?? '' });
  }

  override render(): ReactNode {
    const { error, where } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div role="alert" style={{ height: '100%' }}>
        <EmptyState
          title="This screen stopped because of a mistake in the program"
          text={
            <>
              <p>{error.message}</p>
              <p>
                Jobs and models are not touched by it. Show the screen again, or go on elsewhere.
              </p>
            </>
          }
          actions={
            <>
              <Button variant="primary" onClick={() => this.setState({ error: undefined })}>
                Show it again
              </Button>
              {this.props.screen !== 'library' && (
                <Button onClick={this.props.onLeave}>Go to the library</Button>
              )}
              <Button onClick={() => window.location.reload()}>Reload the window</Button>
              <CopyButton
                words
                label="Copy details"
                text={`${error.stack ?? error.message}\n${where}`}
              />
            </>
          }
        />
      </div>
    );
  }
}
