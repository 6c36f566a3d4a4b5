"""The treasury (国库) behind one small Protocol."""
