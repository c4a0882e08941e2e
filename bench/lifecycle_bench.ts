export const lifecycleBench = async () => [];
