// Puts a text on the clipboard and says so.
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { notify } from './notify.ts';

export interface CopyButtonProps {
  /** The text, or how to make it when it is asked for. */
  text: string | (() => string);
  /** What is copied: `Copy path`. */
  label: string;
  /** With its words instead of the icon alone. */
  words?: boolean;
}

export function CopyButton({ text, label, words = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const icon = copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />;
  const copy = () => {
    void copyText(typeof text === 'string' ? text : text()).then((done) => setCopied(done));
  };
  if (words) {
    return (
      <Button icon={icon} onClick={copy}>
        {copied ? 'Copied' : label}
      </Button>
    );
  }
  return (
    <IconButton label={copied ? 'Copied' : label} onClick={copy}>
      {icon}
    </IconButton>
  );
}

/** Copies a text; false, with a notice, where the clipboard cannot be written. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    notify.error({
      message: 'The text could not be copied.',
      hint: 'The browser refused access to the clipboard; select the text and copy it by hand.',
    });
    return false;
  }
}
