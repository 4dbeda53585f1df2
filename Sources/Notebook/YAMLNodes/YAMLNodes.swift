// YAMLNodes
