// The two messages that a preload sends outside the studio's contract. Everything else goes over the port.

/** Hands over one end of a message channel, over which the studio then answers. */
export const connectChannel = 'studio:connect';

/** Paths of files that the user dropped on the window; answers their ids. Only the preload can read them. */
export const acceptPathsChannel = 'studio:accept-paths';
