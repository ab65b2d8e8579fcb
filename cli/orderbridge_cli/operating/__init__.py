"""What an operator does, in terms of the layer's rules and the ports alone; no terminal."""
