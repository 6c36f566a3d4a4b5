"""The scanner for viruses (病毒扫描) behind one small Protocol."""
