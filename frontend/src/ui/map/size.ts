export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 430;
