// MicroWorld
