// The process map: zoom, pan, keyboard, and the share slider. The map itself is drawn by the server.
export {};
